# SPDX-License-Identifier: BSD-3-Clause
"""Weights as Keras 3 lays them out: layers/conv2d_1/vars/0, by class and position, not by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyconv.autograd import Variable
from pyconv.layers import Layer
from pyconv.models.functional import Functional
from pyconv.models.model import Model
from pyconv.models.sequential import Sequential
from pyconv.naming import snake_case
from pyconv.saving.hdf5 import Group
from pyconv.saving.matching import Matching

Place = tuple[str, Layer]
LAYERS = "layers"
LAYERS_OF_2_12 = "_layer_checkpoint_dependencies"


def places(layer: Layer) -> list[Place]:
    """Return the path and layer of everything that may have weights, in Keras's order."""
    found: list[Place] = []
    _visit(layer, "", set(), found)
    return found


def _visit(layer: Layer, path: str, seen: set[int], found: list[Place]) -> None:
    if id(layer) in seen:
        return
    seen.add(id(layer))
    found.append((path, layer))
    for name, child in _children(layer):
        _visit(child, f"{path}/{name}".lstrip("/"), seen, found)


def _children(layer: Layer) -> Iterator[tuple[str, Layer]]:
    if isinstance(layer, (Functional, Sequential)):
        yield from _numbered(LAYERS, layer.layers)
        return
    attributes: dict[str, Any] = {k: v for k, v in vars(layer).items() if k != "inbound_nodes"}
    if isinstance(layer, Model):
        attributes[LAYERS] = layer.layers
    for name in sorted(attributes):
        value = attributes[name]
        if isinstance(value, Layer):
            yield name, value
        elif isinstance(value, (list, tuple, dict)):
            items = value.values() if isinstance(value, dict) else value
            yield from _numbered(name, [item for item in items if isinstance(item, Layer)])


def _numbered(container: str, layers: list[Layer]) -> Iterator[tuple[str, Layer]]:
    counts: dict[str, int] = {}
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        number = counts[kind] = counts.get(kind, -1) + 1
        yield f"{container}/{kind}_{number}" if number else f"{container}/{kind}", layer


def own_variables(layer: Layer) -> list[Variable]:
    """Return a layer's own weights, those that training never changes last, as Keras does."""
    return sorted(layer.own_weights, key=lambda variable: not variable.trainable)


def write_weights(file: Any, model: Layer) -> None:
    """Put the weights of a model, and the names of its layers, into an open HDF5 file."""
    for path, layer in places(model):
        group = file.create_group(f"{path}/vars".lstrip("/"))
        group.attrs["name"] = layer.name
        for number, variable in enumerate(own_variables(layer)):
            group.create_dataset(str(number), data=variable.numpy())


def read_weights(root: Group, model: Layer) -> None:
    """Copy the weights of an open file; all differences stand in one ValueError."""
    old = not root.has(LAYERS) and root.has(LAYERS_OF_2_12)
    if not root.has(LAYERS) and not old and not root.has("vars"):
        raise ValueError("holds no weights in the form of Keras 3 (.weights.h5)")
    matching = Matching()
    known: dict[str, set[str]] = {}
    for path, layer in places(model):
        place = f"{path}/vars".lstrip("/")
        if old:
            place = place.replace(LAYERS, LAYERS_OF_2_12)
        container, _, name = path.rpartition("/")
        known.setdefault(container, set()).add(name)
        _pair(root.group(place), place, own_variables(layer), matching)
    for container, names in known.items():
        if container.rpartition("/")[2] == LAYERS:
            place = container.replace(LAYERS, LAYERS_OF_2_12) if old else container
            _note_extra(root.group(place), names, matching)
    matching.assign()


def _pair(group: Group | None, path: str, own: list[Variable], matching: Matching) -> None:
    present = [] if group is None else group.names()
    for number, variable in enumerate(own):
        found = None if group is None else group.dataset(str(number))
        if found is None:
            matching.differ(f"{path}/{number} is missing, expected {variable.shape}")
        else:
            matching.pair(variable, found.path, found.shape, found.dtype, found.read)
    for name in present:
        if not (name.isdecimal() and int(name) < len(own)):
            matching.differ(f"{path}/{name} is not expected")


def _note_extra(group: Group | None, names: set[str], matching: Matching) -> None:
    """Note layers of the file that the model lacks, if they have weights."""
    for name in [] if group is None else group.names():
        if name in names or group is None:
            continue
        below = group.group(name)
        variables = None if below is None else below.group("vars")
        if variables is not None and variables.names():
            matching.differ(f"{variables.path} is not expected")

# SPDX-License-Identifier: BSD-3-Clause
"""Weights as Keras 2 lays them out in .h5 files: groups by layer name, lists in attributes."""

from __future__ import annotations

from typing import Any

from pyconv.autograd import Variable
from pyconv.layers import Layer
from pyconv.models.model import Model
from pyconv.saving.hdf5 import Dataset, Group, write_names
from pyconv.saving.matching import Matching

KERAS = "3.15.1"  # whose form is written
TOP = "top_level_model_weights"


def _weights_of(layer: Layer) -> list[tuple[str, Variable]]:
    """Return path and variable of a layer's weights, those that training changes first."""
    paths = sorted(layer.paths(), key=lambda item: not item[2])
    return [(path, variable) for path, variable, _ in paths]


def write_legacy_weights(group: Any, model: Model) -> None:
    """Put the weights of a model into an open HDF5 group."""
    write_names(group, "layer_names", [layer.name for layer in model.layers])
    group.attrs["backend"] = "numpy"
    group.attrs["keras_version"] = KERAS
    own = [(variable.name, variable) for variable in model.own_weights]
    for name, weights in [*((x.name, _weights_of(x)) for x in model.layers), (TOP, own)]:
        below = group.create_group(name)
        paths = [f"{name}/{path}" for path, _ in weights]
        if len(set(paths)) < len(paths):
            raise ValueError(f"save: two weights of {name!r} have one name; name the layers apart")
        write_names(below, "weight_names", paths)
        for path, (_, variable) in zip(paths, weights, strict=True):
            below.create_dataset(path, data=variable.numpy())


def check_writer(group: Group) -> None:
    """Refuse files of Keras 1 and of Theano: their kernels lie differently."""
    version, backend = group.text("keras_version"), group.text("backend")
    if version is not None and version.startswith("1."):
        raise ValueError(
            f"written by Keras {version}; load and save it once in Keras 2, which turns its kernels"
        )
    if backend == "theano":
        raise ValueError("written with Theano, whose kernels are flipped; convert it in Keras 2")


def read_legacy_weights(root: Group, model: Model, by_name: bool) -> None:
    """Copy weights: layer by layer in order, or to the layers of the same names.

    All differences stand in one ValueError.
    """
    group = root.group("model_weights") or root
    check_writer(root)
    check_writer(group)
    names = group.names_in("layer_names")
    if names is None:
        raise ValueError("holds no weights: there is no attribute 'layer_names'")
    if len(set(names)) < len(names):
        raise ValueError("layer_names has a name twice")
    matching = Matching()
    stored = [(name, arrays) for name in names if (arrays := _arrays(group, name))]
    if by_name:
        own = {layer.name: layer for layer in model.layers}
        pairs = [(name, arrays, own[name]) for name, arrays in stored if name in own]
    else:
        layers = [layer for layer in model.layers if layer.weights]
        if len(layers) != len(stored):
            raise ValueError(
                f"weights differ from the model's: {len(stored)} layers have weights "
                f"{[name for name, _ in stored]}, expected {[layer.name for layer in layers]}"
            )
        pairs = [(name, arrays, x) for (name, arrays), x in zip(stored, layers, strict=True)]
    for name, arrays, layer in pairs:
        _pair(name, arrays, [v for _, v in _weights_of(layer)], matching)
    if not by_name:
        _pair(TOP, _arrays(group, TOP), model.own_weights, matching)
    matching.assign()


def _arrays(group: Group, name: str) -> list[Dataset]:
    """Return what the file has for a layer, in the order of its names."""
    below = group.group(name)
    return [] if below is None else named_arrays(below)


def named_arrays(group: Group) -> list[Dataset]:
    """Return the arrays that the attribute weight_names lists."""
    found = []
    for name in group.names_in("weight_names") or []:
        dataset = group.dataset(name)
        if dataset is None:
            raise ValueError(f"{group.path}/{name} is missing")
        found.append(dataset)
    return found


def _pair(name: str, arrays: list[Dataset], own: list[Variable], matching: Matching) -> None:
    if len(arrays) != len(own):
        matching.differ(f"{name} has {len(arrays)} weights, expected {len(own)}")
        return
    for array, variable in zip(arrays, own, strict=True):
        matching.pair(variable, array.path, array.shape, array.dtype, array.read)

# SPDX-License-Identifier: BSD-3-Clause
"""The whole model in one .npz file: configuration, weights, optimizer and random state.

Members: `config` (JSON as uint8), `weights/<layer>/<weight>`, `optimizer/<slot>/<layer>/<weight>`.
"""

from __future__ import annotations

import json
import os
import re
import warnings
from typing import Any

import numpy as np

from pyconv import random
from pyconv.autograd import Variable
from pyconv.models.compiled import Compiled
from pyconv.models.model import Model
from pyconv.saving.archive import ArchiveReader, Arrays, write_archive
from pyconv.saving.atomic import atomic_write
from pyconv.saving.building import build_model, layer_shapes, listed
from pyconv.saving.compilation import compile_config, resume_random
from pyconv.saving.configuration import (
    JSON_BYTES,
    Config,
    CustomObjects,
    parse_json,
    serialize_layer,
)

FORMAT = "pyconv model 1"
PREFIX = "weights/"
KEYS = {"format", "version", "model", "build_shape", "compile", "iterations", "random"}
SHAPES = "layer_shapes"  # where classes of the user's hold layers
NUMBER = re.compile(r"_?\d+(?=/|$)")  # that ends a layer's automatic name
Names = dict[str, Variable]


def save_npz(model: Model, path: str | os.PathLike[str], version: str) -> None:
    """Write a model; the old file is replaced once the new one is complete."""
    arrays = _arrays(model, version)
    with atomic_write(path) as file:
        write_archive(file, arrays)


def _arrays(model: Model, version: str) -> Arrays:
    if not model.built:
        raise ValueError(f"save: {model.name!r} is not built; give an Input or call build first")
    paths = model.paths()
    if len({path for path, _, _ in paths}) < len(paths):
        raise ValueError(
            f"save: two weights of {model.name!r} have one name; name the layers apart"
        )
    compiled = compile_config(model)
    config = {
        "format": FORMAT,
        "version": version,
        "model": serialize_layer(model),
        "build_shape": listed(model.build_shape),
        "compile": compiled,
        "iterations": model.optimizer.calls if compiled else 0,
        "random": random.get_state(),
    }
    shapes = layer_shapes(model)
    if shapes is not None:
        config[SHAPES] = shapes
    text = json.dumps(config, allow_nan=False).encode()
    arrays: Arrays = {"config": np.frombuffer(text, np.uint8)}
    for path, variable, _ in paths:
        arrays[PREFIX + path] = variable.numpy()
    if compiled:
        for path, variable, _ in paths:
            for slot, array in model.optimizer.state_of(variable).items():
                arrays[f"optimizer/{slot}/{path}"] = array
    return arrays


def load_npz(file: Any, custom_objects: CustomObjects | None, compile: bool) -> Model:
    """Return the model of an open file; whatever is wrong with it: ValueError."""
    archive = ArchiveReader(file)
    if "config" not in archive.members:
        raise ValueError("holds arrays but no model: member 'config' is missing")
    config = parse_json(archive.read("config", JSON_BYTES).tobytes())
    if config.get("format") != FORMAT:
        raise ValueError(f"format {config.get('format')!r}; this version reads {FORMAT!r}")
    if set(config) - {SHAPES} != KEYS:
        raise ValueError(f"the configuration has keys {sorted(config)}")
    model = build_model(
        config["model"], config["build_shape"], custom_objects, archive.size, config.get(SHAPES)
    )
    names = _names(model, archive)
    _read_weights(names, archive)
    _restore_compiled(model, names, archive, config, compile)
    resume_random(model, config["random"])
    return model


def _names(model: Model, archive: ArchiveReader) -> Names:
    """Return the weights by their names in the file, in its order.

    Layers that a class of the user's makes are numbered anew in each instance: where such numbers
    alone differ, weights are matched by their order.
    """
    paths = model.paths()
    found = [name[len(PREFIX) :] for name in archive.members if name.startswith(PREFIX)]
    own = [path for path, _, _ in paths]
    if set(own) != set(found) and [*map(_unnumbered, own)] == [*map(_unnumbered, found)]:
        own = found
    return {name: variable for name, (_, variable, _) in zip(own, paths, strict=True)}


def _unnumbered(path: str) -> str:
    return NUMBER.sub("", path)


def _read_weights(names: Names, archive: ArchiveReader) -> None:
    """Copy the weights; all that are missing, extra or of another shape stand in one error."""
    expected = {PREFIX + name: variable for name, variable in names.items()}
    found = {name for name in archive.members if name.startswith(PREFIX)}
    wrong = [f"{name} is missing" for name in sorted(set(expected) - found)]
    wrong += [f"{name} is not expected" for name in sorted(found - set(expected))]
    for name in sorted(found & set(expected)):
        shape, dtype = archive.shape_and_dtype(name)
        variable = expected[name]
        if shape != variable.shape or dtype != variable.dtype:
            wrong.append(f"{name} is {dtype}{shape}, expected {variable.dtype}{variable.shape}")
    if wrong:
        raise ValueError(f"weights differ from the configuration: {'; '.join(wrong)}")
    for name, variable in expected.items():
        variable.assign(archive.read(name, variable.array.nbytes))


def _restore_compiled(
    model: Model, weights: Names, archive: ArchiveReader, config: Config, compile: bool
) -> None:
    """Compile the model as it was, and give the optimizer its state."""
    states = _optimizer_states(weights, archive)
    extra = (
        set(archive.members) - {"config"} - {n for slots in states.values() for n in slots.values()}
    )
    extra = {name for name in extra if not name.startswith(PREFIX)}
    if extra:
        raise ValueError(f"members {sorted(extra)} belong to no weight")
    if not compile or config["compile"] is None:
        return
    iterations = config["iterations"]
    if type(iterations) is not int or not 0 <= iterations < 2**62:
        raise ValueError(f"iterations={iterations!r}; must be an integer >= 0")
    try:
        if not isinstance(config["compile"], dict):
            raise ValueError("the compile configuration is not a dictionary")
        compiled = Compiled.from_config(config["compile"])
    except (TypeError, ValueError) as error:
        warnings.warn(f"load_model: loaded as not compiled: {error}", stacklevel=5)
        return
    slots = set(compiled.optimizer.all_slots)
    for path, variable in weights.items():
        names = states[path]
        if not names:
            continue
        if set(names) != slots:
            raise ValueError(
                f"the optimizer has {sorted(slots)}, the file {sorted(names)} for {path}"
            )
        for name in names.values():
            shape, dtype = archive.shape_and_dtype(name)
            if shape != variable.shape or dtype != variable.dtype:
                raise ValueError(
                    f"{name} is {dtype}{shape}, expected {variable.dtype}{variable.shape}"
                )
        size = variable.array.nbytes
        state = {slot: archive.read(name, size) for slot, name in names.items()}
        compiled.optimizer.set_state_of(variable, state)
    compiled.optimizer.calls = iterations
    model.use_compiled(compiled)


def _optimizer_states(weights: Names, archive: ArchiveReader) -> dict[str, dict[str, str]]:
    """Return name of weight -> {slot: member}."""
    states: dict[str, dict[str, str]] = {name: {} for name in weights}
    for name in archive.members:
        kind, _, rest = name.partition("/")
        slot, _, path = rest.partition("/")
        if kind == "optimizer" and path in states:
            states[path][slot] = name
    return states

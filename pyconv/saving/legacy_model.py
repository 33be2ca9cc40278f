# SPDX-License-Identifier: BSD-3-Clause
"""Whole models in .h5 files: the structure in attributes, the weights in groups, as in Keras 2."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import Any, BinaryIO

from pyconv import random
from pyconv.models.model import Model
from pyconv.saving.atomic import atomic_write
from pyconv.saving.building import build_model, layer_shapes, listed
from pyconv.saving.compilation import (
    compile_config,
    optimizer_arrays,
    read_compiled,
    restore_optimizer,
    resume_random,
)
from pyconv.saving.configuration import (
    CustomObjects,
    known_to_keras,
    parse_json,
    serialize_layer,
)
from pyconv.saving.hdf5 import Group, hdf5_bytes, open_hdf5, write_names
from pyconv.saving.keras_configuration import current_form
from pyconv.saving.legacy_weights import (
    KERAS,
    check_writer,
    named_arrays,
    read_legacy_weights,
    write_legacy_weights,
)

Config = dict[str, Any]
RANDOM, SHAPES = "pyconv_random", "pyconv_layer_shapes"
WIDENING = 4  # float16 in the file, float64 in the model


def save_legacy(model: Model, path: str | os.PathLike[str], version: str) -> None:
    """Write a model; the old file is replaced once the new one is complete."""
    if not model.built:
        raise ValueError(f"save: {model.name!r} is not built; give an Input or call build first")
    compiled = compile_config(model)
    data = hdf5_bytes("save: writing .h5", version, partial(_fill, model, compiled))
    with atomic_write(path) as file:
        file.write(data)


def _fill(model: Model, compiled: Config | None, file: Any) -> None:
    file.attrs["keras_version"], file.attrs["backend"] = KERAS, "numpy"
    config = _without_modules(serialize_layer(model))
    config["config"].setdefault("build_input_shape", listed(model.build_shape))
    file.attrs["model_config"] = json.dumps(known_to_keras(config), allow_nan=False)
    file.attrs[RANDOM] = json.dumps(random.get_state())
    shapes = layer_shapes(model)
    if shapes is not None:
        file.attrs[SHAPES] = json.dumps(shapes)
    write_legacy_weights(file.create_group("model_weights"), model)
    if compiled is None:
        return
    optimizer = compiled.pop("optimizer")
    training = {
        "loss_weights": None,
        "weighted_metrics": None,
        **compiled,
        "optimizer_config": {k: optimizer[k] for k in ("class_name", "config")},
    }
    file.attrs["training_config"] = json.dumps(training, allow_nan=False)
    group = file.create_group("optimizer_weights")
    arrays = [(f"{model.optimizer.name}/{name}", array) for name, array in optimizer_arrays(model)]
    write_names(group, "weight_names", [name for name, _ in arrays])
    for name, array in arrays:
        group.create_dataset(name, data=array)


def _without_modules(entry: Config) -> Config:
    """Return a layer's configuration in Keras 2's form: class, arguments, uses."""
    found = {key: value for key, value in entry.items() if key not in ("module", "registered_name")}
    layers = entry["config"].get("layers")
    if isinstance(layers, list):
        below = [_without_modules(x) if _is_layer(x) else x for x in layers]
        found["config"] = {**entry["config"], "layers": below}
    return found


def _is_layer(entry: Config) -> bool:
    """Tell a layer from an operation, which only its module tells apart."""
    return not str(entry.get("module")).startswith("keras.src.ops.")


def load_legacy(file: BinaryIO, custom_objects: CustomObjects | None, compile: bool) -> Model:
    """Return the model of an open file; whatever is wrong with it: ValueError."""
    size = os.fstat(file.fileno()).st_size
    with open_hdf5("load_model: reading .h5", file) as root:
        text = root.text("model_config")
        if text is None:
            raise ValueError("holds weights but no model; build it, then call load_weights")
        check_writer(root)
        config = current_form(parse_json(text.encode()))
        arguments = config.get("config")
        shape = arguments.pop("build_input_shape", None) if isinstance(arguments, dict) else None
        said = root.text(SHAPES)
        shapes = None if said is None else parse_json(said.encode())
        model = build_model(config, shape, custom_objects, WIDENING * size, shapes)
        read_legacy_weights(root, model, by_name=False)
        if compile:
            _restore_compiled(root, model)
        state = root.text(RANDOM)
        if state is not None:
            resume_random(model, parse_json(state.encode()))
    return model


def _restore_compiled(root: Group, model: Model) -> None:
    text = root.text("training_config")
    config = None if text is None else parse_json(text.encode())
    compiled = read_compiled(config)
    if config is None or compiled is None:
        return
    group = root.group("optimizer_weights")
    if group is not None:
        interleaved = _is_interleaved(root, config)
        restore_optimizer(compiled, model, named_arrays(group), interleaved)
    model.use_compiled(compiled)


def _is_interleaved(root: Group, config: Config) -> bool:
    """Tell whether Adam's m and v stand in turns, as since Keras 2.11, or one after the other."""
    version = (root.text("keras_version") or "2").split(".")
    minor = int(version[1]) if len(version) > 1 and version[1].isdecimal() else 0
    optimizer = config.get("optimizer_config")
    options = optimizer.get("config") if isinstance(optimizer, dict) else None
    legacy = isinstance(options, dict) and options.get("is_legacy_optimizer")
    return version[0] != "2" or (minor >= 11 and not legacy)

# SPDX-License-Identifier: BSD-3-Clause
"""Layers to dictionaries in Keras's form and back; only classes of a fixed table are made."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pyconv import layers, regularizers
from pyconv.layers import Layer, LayerOptions
from pyconv.models.functional import Functional
from pyconv.models.sequential import Sequential
from pyconv.registry import argument_names, without_empty
from pyconv.saving.graph_configuration import read_graph
from pyconv.saving.sharing import note_read, note_written, one_configuration, read_before

Config = dict[str, Any]
CustomObjects = Mapping[str, Any]
OPTIONS = frozenset(LayerOptions.__annotations__)
CLASSES: dict[str, type[Layer]] = {
    **layers.CLASSES,
    "Functional": Functional,
    "Sequential": Sequential,
}
MODULES = {"Functional": "keras.src.models.functional", "Sequential": "keras.models"}
OWN = ("DropConnect", "LocalResponseNormalization", "MinPooling2D")  # layers that Keras lacks
JSON_BYTES = 1 << 22
DEPTH = 64


def serialize_layer(layer: Layer) -> Config:
    """Return a layer's class and arguments in Keras's form."""
    name = type(layer).__name__
    own = CLASSES.get(name) is type(layer)
    with one_configuration():
        config = {
            "module": MODULES.get(name, "keras.layers") if own and name not in OWN else None,
            "class_name": name,
            "config": layer.get_config(),
            "registered_name": _registered_name(name, own),
        }
        note_written(layer, config)
    return config


def deserialize_layer(config: Any, custom_objects: CustomObjects | None = None) -> Layer:
    """Return the layer of a configuration; a class that is neither ours nor given: ValueError."""
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict):
        raise ValueError("a layer's configuration is not a dictionary with a 'config'")
    with one_configuration():
        layer = read_before(config)
        if layer is None:
            layer = _new_layer(config, dict(custom_objects or {}))
            note_read(layer, config)
    return layer


def _new_layer(config: Config, custom: CustomObjects) -> Layer:
    name, arguments = config.get("class_name"), dict(config["config"])
    cls = custom.get(name) or CLASSES.get(name) if isinstance(name, str) else None
    if not isinstance(name, str) or not (isinstance(cls, type) and issubclass(cls, Layer)):
        raise ValueError(
            f"unknown layer class {name!r}; if it is yours, pass custom_objects={{{name!r}: ...}}"
        )
    accepted = (None, name, _registered_name(name, cls is CLASSES.get(name)))
    if config.get("registered_name") not in accepted:
        raise ValueError(f"layer class {name!r} is registered as {config.get('registered_name')!r}")
    if issubclass(cls, Sequential):
        return deserialize_sequential(cls, arguments, custom)
    if issubclass(cls, Functional) and "output_layers" in arguments:
        return deserialize_functional(cls, arguments, custom)
    if cls is CLASSES.get(name):
        arguments = _known_arguments(name, cls, arguments)
    try:
        return cls.from_config(arguments)
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError) as error:
        raise ValueError(f"layer {name!r}: {error}") from None


def _registered_name(name: str, own: bool) -> str | None:
    """Return what a file says besides the class name; None for what Keras knows."""
    if own and name in OWN:
        return f"pyconv>{name}"
    return name if name == "Functional" or not own else None


def deserialize_sequential(
    cls: type[Sequential], config: Config, custom: CustomObjects
) -> Sequential:
    """Return the model of a configuration with a list of layers."""
    below = config.get("layers")
    if not isinstance(below, list):
        raise ValueError("a Sequential's configuration has no list of layers")
    own = {k: v for k, v in config.items() if k not in ("layers", "dtype", "build_input_shape")}
    arguments = _known_arguments("Sequential", Sequential, own)
    regularizer = arguments.pop("activity_regularizer", None)
    try:
        model = cls([deserialize_layer(layer, custom) for layer in below], **arguments)
        _regularize(model, regularizer)
    except TypeError as error:
        raise ValueError(f"layer 'Sequential': {error}") from None
    return model


def deserialize_functional(
    cls: type[Functional], config: Config, custom: CustomObjects
) -> Functional:
    """Return the model of a configuration with layers, their uses, inputs and outputs."""
    ends = read_graph(config, lambda layer: deserialize_layer(layer, custom))
    own = {k: v for k, v in config.items() if k == "name"}
    ends_and_layers = {"layers", "input_layers", "output_layers"}
    unknown = set(config) - ends_and_layers - {"name", "trainable", "dtype", "activity_regularizer"}
    if unknown:
        raise ValueError(f"layer 'Functional': unknown arguments {sorted(unknown)}")
    try:
        model = cls(*ends, **own)
        if config.get("trainable") is not None:
            model.set_own_trainable(config["trainable"])  # the layers have said it for themselves
        _regularize(model, config.get("activity_regularizer"))
    except TypeError as error:
        raise ValueError(f"layer 'Functional': {error}") from None
    return model


def _regularize(model: Layer, regularizer: Any) -> None:
    """Give a model the regularizer of its results, which no constructor of models takes."""
    if regularizer is not None:
        model.activity_regularizer = regularizers.get(regularizer)


def _known_arguments(name: str, cls: type[Layer], arguments: Config) -> Config:
    """Return the arguments the class takes; others may only be null, false or empty."""
    policy = arguments.get("dtype")
    if isinstance(policy, dict) and policy.get("class_name") == "DTypePolicy":
        arguments = {**arguments, "dtype": (policy.get("config") or {}).get("name")}  # Keras's form
    known = OPTIONS | argument_names(cls)
    arguments = without_empty(arguments, known)
    for key in arguments:
        if key not in known:
            raise ValueError(f"layer {name!r}: unknown argument {key!r}")
    return {key: _tuples(value) for key, value in arguments.items()}


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def parse_json(data: bytes) -> Config:
    """Return a JSON object; text too long, too deep, ambiguous or not finite: ValueError."""
    if len(data) > JSON_BYTES:
        raise ValueError(f"the configuration has {len(data)} bytes; at most {JSON_BYTES}")
    try:
        parsed = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except RecursionError:
        raise ValueError("the configuration is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"the configuration is not valid JSON: {error}") from None
    if not isinstance(parsed, dict):
        raise ValueError("the configuration is not a JSON object")
    _check_depth(parsed, DEPTH)
    return parsed


def _check_depth(value: Any, left: int) -> None:
    if not left:
        raise ValueError("the configuration is nested too deeply")
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            _check_depth(item, left - 1)


def _unique(pairs: list[tuple[str, Any]]) -> Config:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def _bounded(text: str) -> int:
    if len(text) > 20:
        raise ValueError("an integer has too many digits")
    return int(text)


def known_to_keras(config: Any) -> Any:
    """Return a configuration without the policy that Keras lacks: tf32 is float32 in a file."""
    if isinstance(config, dict):
        return {
            key: "float32" if (key, item) == ("dtype", "tf32") else known_to_keras(item)
            for key, item in config.items()
        }
    return [known_to_keras(item) for item in config] if isinstance(config, list) else config

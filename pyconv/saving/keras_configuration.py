# SPDX-License-Identifier: BSD-3-Clause
"""Configurations of models by Keras 2, and by Keras 3, in the one form that is read here."""

from __future__ import annotations

from typing import Any

from pyconv.layers.operation import FUNCTIONS, OPTIONS

Config = dict[str, Any]
CLASS_NAMES = {
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "Model": "Functional",
}
OPERATIONS = "keras.src.ops.numpy"
ARGUMENT_NAMES = {("LeakyReLU", "alpha"): "negative_slope"}
UNUSED = {  # options of Keras that say nothing at these values
    ("DepthwiseConv2D", "groups"): 1,
    ("SeparableConv2D", "groups"): 1,
    ("BatchNormalization", "renorm_momentum"): 0.99,
}
DISTRIBUTIONS = {"normal": "truncated_normal"}


def current_form(entry: Config) -> Config:
    """Return the configuration of a layer or model as Keras 3 has it, less what says nothing.

    What is no configuration at all is left for the reader to refuse.
    """
    name, config = entry.get("class_name"), entry.get("config")
    if not isinstance(name, str) or not isinstance(config, (dict, list)):
        return entry
    name = CLASS_NAMES.get(name, name)
    if isinstance(config, list):  # Sequential before Keras 2.2
        config = {"layers": config}
    layers = config.get("layers")
    if isinstance(layers, list):
        layers = [current_form(x) if isinstance(x, dict) else x for x in layers]
        config = {**config, "layers": layers}
        if "output_layers" in config:
            config = _graph(config)
    elif _is_operation(name, config) and "module" not in entry:
        return {**entry, "module": OPERATIONS}  # .h5 files leave it out
    else:
        config = _arguments(name, config)
    return {**entry, "class_name": name, "config": config}


def _is_operation(name: str, config: Config) -> bool:
    return name in FUNCTIONS and set(config) == {"name", *OPTIONS.get(name, ())}


def _arguments(layer: str, config: Config) -> Config:
    found = {}
    for key, value in config.items():
        unused = (layer, key) in UNUSED and value == UNUSED[layer, key]
        if unused and not (key == "renorm_momentum" and config.get("renorm")):
            continue
        key = ARGUMENT_NAMES.get((layer, key), key)
        if key == "batch_input_shape":
            key = "batch_shape" if layer == "InputLayer" else "input_shape"
            if key == "input_shape" and isinstance(value, list):
                value = value[1:]
        elif key == "axis" and layer == "BatchNormalization" and isinstance(value, list):
            value = value[0] if len(value) == 1 else value
        elif key == "dtype" and isinstance(value, dict):
            value = _dtype(value)
        elif key.endswith("_initializer") and isinstance(value, dict):
            value = _initializer(value)
        found[key] = value
    return found


def _dtype(value: Config) -> Any:
    config = value.get("config")
    return config.get("name") if isinstance(config, dict) else value


def _initializer(value: Config) -> Config:
    config = value.get("config")
    if not isinstance(config, dict):
        return value
    config = {key: item for key, item in config.items() if key != "dtype"}
    distribution = config.get("distribution")
    if isinstance(distribution, str):
        config["distribution"] = DISTRIBUTIONS.get(distribution, distribution)
    return {**value, "config": config}


def _graph(config: Config) -> Config:
    """Return a graph whose uses, if in Keras 2's lists, are Keras 3's dictionaries."""
    layers = [layer for layer in config["layers"] if isinstance(layer, dict)]
    nodes = [node for layer in layers for node in _list(layer.get("inbound_nodes"))]
    if not any(isinstance(node, list) for node in nodes):
        return config
    ends = [end for key in ("input_layers", "output_layers") for end in _ends(config.get(key))]
    first = _first_uses([*ends, *(item for node in nodes for item in _items(node))])
    found = [
        {**layer, "inbound_nodes": [_node(n, first) for n in _list(layer.get("inbound_nodes"))]}
        if isinstance(layer, dict)
        else layer
        for layer in config["layers"]
    ]
    functional = {str(layer.get("name")) for layer in layers if _is_functional(layer)}

    def counted(end: Any) -> Any:
        if not _is_history(end):
            return [counted(item) for item in end] if isinstance(end, list) else end
        return [end[0], end[1] - first[end[0]] + (end[0] in functional), end[2]]

    ends_found: Config = {
        k: counted(config[k]) for k in ("input_layers", "output_layers") if k in config
    }
    return {**config, "layers": found, **ends_found}


def _is_functional(layer: Config) -> bool:
    config = layer.get("config")
    return isinstance(config, dict) and "output_layers" in config


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_history(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 3
        and isinstance(value[0], str)
        and all(type(n) is int for n in value[1:3])
    )


def _ends(value: Any) -> list[Any]:
    if _is_history(value):
        return [value]
    return [end for item in _list(value) for end in _ends(item)]


def _items(node: Any) -> list[Any]:
    return [item for item in _list(node) if _is_history(item)]


def _first_uses(histories: list[Any]) -> dict[str, int]:
    """Return the number of each layer's first use: 1 for models inside, whose own use is 0."""
    first: dict[str, int] = {}
    for name, use, *_ in histories:
        first[name] = min(use, first.get(name, use))
    return first


def _node(node: Any, first: dict[str, int]) -> Any:
    """Return [[layer, use, output, options], ...] as arguments and options."""
    items = _list(node)
    if not items or not all(map(_is_history, items)):
        return node
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {"keras_history": [item[0], item[1] - first[item[0]], item[2]]},
        }
        for item in items
    ]
    options: Config = {}
    for item in items:
        for more in item[3:]:
            options.update(more if isinstance(more, dict) else {"": more})
    return {"args": [tensors[0] if len(tensors) == 1 else tensors], "kwargs": options}

# SPDX-License-Identifier: BSD-3-Clause
"""Graphs of layers to dictionaries in Keras's functional form and back.

A tensor is named by its history: the layer's name, which of the layer's uses in this model made
it, and which of that use's outputs it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.layers import InputLayer, Layer, SymbolicTensor
from pyconv.layers.operation import FUNCTIONS, OPTIONS, Operation
from pyconv.layers.structure import map_leaves
from pyconv.layers.symbolic import Node
from pyconv.models.functional import Functional
from pyconv.models.graph import Graph
from pyconv.saving.sharing import one_configuration

Config = dict[str, Any]
IN_NN = ("Relu", "Relu6", "Sigmoid")  # Keras's module of these operations
History = tuple[str, int, int]
Nodes = dict[tuple[str, int], Node]


def graph_config(graph: Graph) -> Config:
    """Return the configuration of the layers, their uses, and the inputs and outputs."""
    uses = _uses(graph)
    with one_configuration():
        configs = [_layer_config(layer, uses) for layer in graph.layers]
    return {
        "layers": configs,
        "input_layers": map_leaves(lambda x: _end(x, uses), graph.inputs),
        "output_layers": map_leaves(lambda x: _end(x, uses), graph.outputs),
    }


def _uses(graph: Graph) -> dict[Node, int]:
    """Return each node's number among the uses of its layer in this graph."""
    inside = set(graph.nodes)
    return {
        node: use
        for layer in graph.layers
        for use, node in enumerate(n for n in layer.inbound_nodes if n in inside)
    }


def _layer_config(layer: Layer | Operation, uses: dict[Node, int]) -> Config:
    from pyconv.saving.configuration import serialize_layer

    if isinstance(layer, Operation):
        config: Config = {
            "module": f"keras.src.ops.{'nn' if layer.kind in IN_NN else 'numpy'}",
            "class_name": layer.kind,
            "config": {"name": layer.name, **layer.options},
            "registered_name": layer.kind,
        }
    else:
        config = serialize_layer(layer)
    nodes = [node for node in layer.inbound_nodes if node in uses and node.inputs]
    config["name"] = layer.name
    config["inbound_nodes"] = [_node_config(node, uses) for node in nodes]
    return config  # the same dictionary: it may still get a number


def _node_config(node: Node, uses: dict[Node, int]) -> Config:
    arguments = map_leaves(lambda x: _written(x, uses), node.arguments)
    return {
        "args": list(arguments) if isinstance(node.layer, Operation) else [arguments],
        "kwargs": {} if node.training is None else {"training": node.training},
    }


def _written(value: Any, uses: dict[Node, int]) -> Any:
    """Return a tensor or a constant in Keras's form."""
    if isinstance(value, SymbolicTensor):
        history = [value.name, uses[value.node], value.index]
        config = {"shape": list(value.shape), "dtype": value.dtype, "keras_history": history}
        return {"class_name": "__keras_tensor__", "config": config}
    if isinstance(value, np.ndarray):
        constant = {"value": value.tolist(), "dtype": value.dtype.name}
        return {"class_name": "__numpy__", "config": constant}
    if isinstance(value, slice):
        ends = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": ends}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    return value


def _end(x: SymbolicTensor, uses: dict[Node, int]) -> list[Any]:
    """Return the history of an input or output; Keras counts uses of Functional layers from 1."""
    return [x.name, uses[x.node] + isinstance(x.node.layer, Functional), x.index]


def read_graph(config: Config, read_layer: Callable[[Config], Layer]) -> tuple[Any, Any]:
    """Return the symbolic inputs and outputs of a configuration; what is wrong in it: ValueError.

    Args:
        read_layer: makes a layer from its configuration.
    """
    entries = config.get("layers")
    if not isinstance(entries, list):
        raise ValueError("a functional model's configuration has no list of layers")
    made: dict[str, Layer | Operation] = {}
    calls: list[tuple[str, Any]] = []
    with one_configuration():
        _read_layers(entries, read_layer, made, calls)
    nodes = _call_all(made, calls)
    return (
        _read_ends(config.get("input_layers"), made, nodes, "input_layers"),
        _read_ends(config.get("output_layers"), made, nodes, "output_layers"),
    )


def _read_layers(
    entries: list[Any],
    read_layer: Callable[[Config], Layer],
    made: dict[str, Layer | Operation],
    calls: list[tuple[str, Any]],
) -> None:
    """Put the layers into `made` by name, and what is said of their uses into `calls`."""
    for entry in entries:
        layer = _read_operation(entry) or read_layer(entry)
        if layer.name in made or entry.get("name", layer.name) != layer.name:
            raise ValueError(f"layer name {entry.get('name')!r} is taken or not the layer's own")
        made[layer.name] = layer
        nodes = entry.get("inbound_nodes", [])
        if not isinstance(nodes, list) or (nodes and isinstance(layer, InputLayer)):
            raise ValueError(f"layer {layer.name!r}: inbound_nodes are no list of uses")
        calls += [(layer.name, node) for node in nodes]


def _read_operation(entry: Any) -> Operation | None:
    if not isinstance(entry, dict):
        raise ValueError("a layer's configuration is not a dictionary")
    if not str(entry.get("module")).startswith("keras.src.ops."):
        return None
    kind, arguments = entry.get("class_name"), entry.get("config")
    if not isinstance(kind, str) or kind not in FUNCTIONS:
        raise ValueError(f"unknown operation {kind!r}; must be one of {sorted(FUNCTIONS)}")
    options = dict(arguments) if isinstance(arguments, dict) else {}
    name = options.pop("name", None)
    if not isinstance(name, str) or set(options) != set(OPTIONS.get(kind, ())):
        raise ValueError(f"operation {kind!r}: its configuration must be its name and its options")
    return Operation(kind, name, **options)


def _call_all(made: dict[str, Layer | Operation], calls: list[tuple[str, Any]]) -> Nodes:
    """Use the layers in an order in which all inputs are there; uses of one layer as they stand.

    Returns:
        The node of each use, by the layer's name and the number of the use.
    """
    waiting: dict[tuple[str, int], list[int]] = {}
    missing: list[int] = []
    inputs = {name: layer for name, layer in made.items() if isinstance(layer, InputLayer)}
    nodes: Nodes = {(name, 0): layer.inbound_nodes[0] for name, layer in inputs.items()}
    numbers: dict[str, int] = {}
    uses: list[tuple[str, int]] = []
    for index, (name, node) in enumerate(calls):
        use = numbers.get(name, 0)
        numbers[name] = use + 1
        uses.append((name, use))
        needed = {(history[0], history[1]) for history in _histories(node, name)} - set(nodes)
        needed |= {(name, use - 1)} if use else set()
        missing.append(len(needed))
        for key in needed:
            waiting.setdefault(key, []).append(index)
    ready = [index for index, count in enumerate(missing) if not count][::-1]
    left = len(calls)
    while ready:
        index = ready.pop()
        name, node = calls[index]
        _call(made[name], node, nodes)
        nodes[uses[index]] = made[name].inbound_nodes[-1]
        left -= 1
        for later in waiting.pop(uses[index], ()):
            missing[later] -= 1
            if not missing[later]:
                ready.append(later)
    if left:
        names = sorted({name for (name, _), count in zip(calls, missing, strict=True) if count})
        raise ValueError(f"layers {names[:5]} form a cycle or need a tensor that is not there")
    return nodes


def _histories(node: Any, name: str) -> list[History]:
    """Return the tensors that a use needs."""
    found: list[History] = []

    def look(value: Any) -> None:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            config = value.get("config")
            found.append(_history(config.get("keras_history") if isinstance(config, dict) else 0))
        elif isinstance(value, dict):
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    if isinstance(node, dict):
        look(node.get("args"))
    elif isinstance(node, list):  # Keras 2
        found = [_history(item[:3] if isinstance(item, list) else item) for item in node]
    if not found:
        raise ValueError(f"layer {name!r}: a use without a tensor")
    if isinstance(node, dict) and not (
        isinstance(node.get("args"), list) and isinstance(node.get("kwargs", {}), dict)
    ):
        raise ValueError(f"layer {name!r}: args and kwargs must be a list and a dictionary")
    return found


def _history(value: Any) -> History:
    if (
        not isinstance(value, (list, tuple))
        or len(value) != 3
        or not isinstance(value[0], str)
        or not all(type(n) is int and n >= 0 for n in value[1:])
    ):
        raise ValueError(f"{value!r} is no [layer, use, output]")
    return value[0], value[1], value[2]


def _call(layer: Layer | Operation, node: Any, nodes: Nodes) -> None:
    if isinstance(node, list):  # Keras 2: [[layer, use, output, options], ...]
        arguments: list[Any] = [_tensor(_history(item[:3]), nodes) for item in node]
        options = [option for item in node for option in item[3:] if option]
        if options:
            raise ValueError(f"layer {layer.name!r}: unknown options {options}")
        arguments, kwargs = [arguments[0] if len(arguments) == 1 else arguments], {}
    else:
        arguments = [_read(value, nodes) for value in node["args"]]
        kwargs = {k: v for k, v in node.get("kwargs", {}).items() if v is not None}
    training = kwargs.pop("training", None)
    if kwargs:
        raise ValueError(f"layer {layer.name!r}: unknown arguments {sorted(kwargs)}")
    try:
        if isinstance(layer, Operation):
            layer.apply(*arguments)
        else:
            (inputs,) = arguments
            layer(inputs, training=training)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise ValueError(f"layer {layer.name!r}: {error}") from None


def _read(value: Any, nodes: Nodes) -> Any:
    """Return the tensor or constant that a value in Keras's form stands for."""
    if isinstance(value, list):
        return [_read(item, nodes) for item in value]
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind is None:
        return {key: _read(item, nodes) for key, item in value.items()}
    if not isinstance(config, dict):
        raise ValueError(f"value {kind!r} has no configuration")
    if kind == "__keras_tensor__":
        return _tensor(_history(config.get("keras_history")), nodes)
    if kind in ("__numpy__", "__tensor__"):
        return _constant(config)
    if kind == "__slice__":
        return slice(config.get("start"), config.get("stop"), config.get("step"))
    if kind == "__ellipsis__":
        return Ellipsis
    raise ValueError(f"unknown value {kind!r}")


def _constant(config: Config) -> np.ndarray[Any, Any]:
    try:
        return np.array(config.get("value"), np.float64)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("a constant is no array of numbers") from None


def _tensor(history: History, nodes: Nodes) -> SymbolicTensor:
    name, use, index = history
    node = nodes.get((name, use))
    if node is None or index >= len(node.outputs):
        raise ValueError(f"there is no tensor {list(history)}")
    return node.outputs[index]


def _read_ends(value: Any, made: dict[str, Layer | Operation], nodes: Nodes, key: str) -> Any:
    """Return the symbolic tensors of input_layers or output_layers, in their form."""
    if isinstance(value, dict):
        return {name: _read_ends(item, made, nodes, key) for name, item in value.items()}
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"{key} holds {value!r}, no [layer, use, output]")
    if isinstance(value[0], str):
        name, use, index = _history(value)
        return _tensor((name, use - isinstance(made.get(name), Functional), index), nodes)
    items = [_read_ends(item, made, nodes, key) for item in value]
    return tuple(items) if isinstance(value, tuple) else items

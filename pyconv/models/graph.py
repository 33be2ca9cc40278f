# SPDX-License-Identifier: BSD-3-Clause
"""The layers between symbolic inputs and outputs: their order, and the plan by which they run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from pyconv.autograd import Tensor
from pyconv.layers import Input, Layer, SymbolicTensor
from pyconv.layers.operation import Operation
from pyconv.layers.running import running, structure
from pyconv.layers.structure import flatten, flatten_shapes, map_leaves, pack_like
from pyconv.layers.symbolic import Node, Shape
from pyconv.models.pairs import training_steps
from pyconv.models.residuals import inference_steps
from pyconv.models.steps import Slot, Step, with_spent

KEPT_SHAPES = 256  # models nested in models would ask for them over and over
_NOTHING: tuple[list[Step], int] = ([], -1)


class Graph:
    """What lies between inputs and outputs, each a symbolic tensor or a structure of them.

    Raises:
        ValueError: a layer needs what does not come from the inputs, or two layers of one name.
    """

    def __init__(self, name: str, inputs: Any, outputs: Any) -> None:
        if any(x.node.inputs for x in flatten(inputs)):
            inputs, outputs = _from_the_middle(name, inputs, outputs)
        # First of all the nodes: so copying and pickling go from node to node, not deep into one.
        self.nodes, first_seen = _nodes_between(name, flatten(inputs), flatten(outputs))
        self.inputs, self.outputs = inputs, outputs
        self.input_list: list[SymbolicTensor] = flatten(inputs)
        self.output_list: list[SymbolicTensor] = flatten(outputs)
        self.depths = _depths(self.nodes)
        for unused in (x.node for x in self.input_list if x.node not in self.depths):
            self.nodes.append(unused)
            self.depths[unused] = 0
            first_seen[unused.layer] = -1
        self.layers = _keras_order(self.depths, first_seen)
        self.own_layers = [layer for layer in self.layers if isinstance(layer, Layer)]
        _check_names(name, self.layers)
        self._shapes: dict[tuple[Shape, ...], Any] = {}
        self._make_plan()

    def _make_plan(self) -> None:
        slots = {x: Slot(i) for i, x in enumerate(self.input_list)}
        nodes = [node for node in self.nodes if node.inputs]
        for tensor in (x for node in nodes for x in node.outputs):
            slots[tensor] = Slot(len(slots))
        self._size = len(slots)
        self._results = [slots[x].index for x in self.output_list]
        self._plan = with_spent(
            [
                Step(
                    node.layer,
                    map_leaves(
                        lambda x: slots[x] if isinstance(x, SymbolicTensor) else x, node.arguments
                    ),
                    node.training,
                    tuple(slots[x].index for x in node.outputs),
                    isinstance(node.output, SymbolicTensor),
                )
                for node in nodes
            ],
            self._results,
        )
        # Each with the structure that it is of.
        self._folded: tuple[list[Step], int] = _NOTHING
        self._joined: tuple[list[Step], int] = _NOTHING

    def _steps(self, training: bool | None) -> list[Step]:
        """Return the steps of inference or others, made anew when a layer has changed."""
        changes = structure.changes
        if running.observer is not None:
            return self._plan
        if running.folds and not training:
            if self._folded[1] != changes:
                self._folded = self._made_by(inference_steps), changes
            return self._folded[0]
        if self._joined[1] != changes:
            self._joined = self._made_by(training_steps), changes
        return self._joined[0]

    def _made_by(self, put_together: Callable[[list[Step], list[int]], list[Step]]) -> list[Step]:
        return with_spent(put_together(self._plan, self._results), self._results)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what other processes and copies must fold for themselves."""
        return {**vars(self), "_folded": _NOTHING, "_joined": _NOTHING}

    def run(self, tensors: list[Tensor], training: bool | None) -> Any:
        """Return the outputs for Tensors in the order of `input_list`.

        What a layer made is let go as soon as no later layer needs it.
        """
        values: list[Any] = [*tensors, *[None] * (self._size - len(tensors))]
        del tensors
        for step in self._steps(training):
            mode = training if step.training is None else step.training
            result = step.layer(step.filled(values), mode)
            if step.alone:
                values[step.outputs[0]] = result
            else:
                for slot, value in zip(step.outputs, flatten(result), strict=True):
                    values[slot] = value
            for slot in step.spent:
                values[slot] = None
        return pack_like(self.outputs, [values[slot] for slot in self._results])

    def output_shapes(self, shapes: list[Shape]) -> Any:
        """Return the outputs' shapes for inputs of these shapes, batch included."""
        if all(
            x.shape[:1] == (None,) and shape[1:] == x.shape[1:]
            for shape, x in zip(shapes, self.input_list, strict=True)
        ):
            batch = shapes[0][0]
            return map_leaves(
                lambda y: (batch, *y.shape[1:]) if y.shape[:1] == (None,) else y.shape,
                self.outputs,
            )
        known = self._shapes.get(tuple(shapes))
        if known is not None:
            return known
        values: list[Any] = [*shapes, *[None] * (self._size - len(shapes))]
        for step in self._plan:
            result = step.layer.compute_output_shape(step.filled(values))
            for slot, shape in zip(step.outputs, flatten_shapes(result), strict=True):
                values[slot] = shape
        found = pack_like(self.outputs, [values[slot] for slot in self._results])
        if len(self._shapes) < KEPT_SHAPES:
            self._shapes[tuple(shapes)] = found
        return found

    def is_chain(self) -> bool:
        """Tell whether each layer is used once, on what the layer before it made."""
        before: list[Node] = []
        for node in self.nodes:
            if [x.node for x in node.inputs] != before[-1:]:
                return False
            before.append(node)
        return len({node.layer for node in self.nodes}) == len(self.nodes)


def _nodes_between(
    name: str, inputs: list[SymbolicTensor], outputs: list[SymbolicTensor]
) -> tuple[list[Node], dict[Layer | Operation, int]]:
    """Return the nodes that make the outputs, each after those it needs.

    Also in which order the layers are met on the way from the outputs back to the inputs.
    """
    given, done = set(inputs), dict[Node, None]()
    first_seen: dict[Layer | Operation, int] = {}
    walk: list[tuple[Node | None, Iterator[SymbolicTensor]]] = [(None, iter(outputs))]
    while walk:
        node, waiting = walk[-1]
        for tensor in waiting:
            maker = tensor.node
            if maker in done or (tensor in given and maker.inputs):
                continue
            if not maker.inputs and tensor not in given:
                needing = "an output" if node is None else f"layer {node.layer.name!r}"
                raise ValueError(
                    f"{name}: graph disconnected: {needing} needs {tensor.name!r}, which is not "
                    f"among the inputs {[x.name for x in inputs]}"
                )
            first_seen.setdefault(maker.layer, len(first_seen))
            walk.append((maker, iter(maker.inputs)))
            break
        else:
            walk.pop()
            if node is not None:
                done[node] = None
    return list(done), first_seen


def _depths(nodes: list[Node]) -> dict[Node, int]:
    """Return how many layers lie at most between a node's layer and the outputs."""
    depths: dict[Node, int] = {}
    of_layer: dict[Layer | Operation, int] = {}
    inside = set(nodes)
    for node in reversed(nodes):
        depth = max(depths.get(node, 0), of_layer.get(node.layer, 0))
        depths[node] = of_layer[node.layer] = depth
        for before in (x.node for x in node.inputs):
            if before in inside:
                depths[before] = max(depths.get(before, 0), depth + 1)
    return depths


def _keras_order(
    depths: dict[Node, int], first_seen: dict[Layer | Operation, int]
) -> list[Layer | Operation]:
    """Return each layer once: deepest first, then as they are met from the outputs back."""
    deepest: dict[Layer | Operation, int] = {}
    for node, depth in depths.items():
        deepest[node.layer] = max(depth, deepest.get(node.layer, 0))
    return sorted(deepest, key=lambda layer: (-deepest[layer], first_seen[layer]))


def _check_names(name: str, layers: list[Layer | Operation]) -> None:
    for taken, count in Counter(layer.name for layer in layers).items():
        if count > 1:
            raise ValueError(f"{name}: {count} layers are named {taken!r}; names must differ")


def _from_the_middle(name: str, inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """Return the same part of a network with an Input for each input that a layer made.

    The layers are used once more, on what comes from those Inputs.
    """
    given = flatten(inputs)
    nodes, _ = _nodes_between(name, given, flatten(outputs))
    new: dict[SymbolicTensor, SymbolicTensor] = {
        x: Input(batch_shape=x.shape, dtype=x.dtype) if x.node.inputs else x for x in given
    }
    for node in nodes:
        if node.inputs:
            again = node.again(new)
            new |= {x: y for x, y in zip(node.outputs, again.outputs, strict=True) if x not in new}
    return map_leaves(new.__getitem__, inputs), map_leaves(new.__getitem__, outputs)

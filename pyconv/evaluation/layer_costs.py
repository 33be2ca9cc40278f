# SPDX-License-Identifier: BSD-3-Clause
"""Parameters and multiply-adds of every layer of a model, for one picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from pyconv.arguments import items_of, whole_number
from pyconv.autograd import Tensor, no_recording
from pyconv.layers import Layer
from pyconv.layers.running import observing
from pyconv.layers.structure import map_leaves
from pyconv.models import Model

HEADINGS = ("Layer (type)", "Output Shape", "Param #", "Multiply-adds")


class LayerCost(NamedTuple):
    """One use of an innermost layer.

    output_shape: batch of one included. parameters: those that no use before this one had.
    multiply_adds: of convolutions and matrix products, bias and activation left out.
    """

    name: str
    kind: str
    output_shape: Any
    parameters: int
    multiply_adds: int


def layer_costs(model: Model, input_shape: Sequence[int] | None = None) -> list[LayerCost]:
    """Return what each layer costs for one picture, in the order they run.

    The model runs once on zeros, so models inside, layers used twice and layers of your own count
    as they are. The parameters sum to `model.count_params()` if every layer runs.

    Args:
        model: with one input.
        input_shape: of one sample, without the batch; by default the model's, where that is known.
    Raises:
        TypeError: no model. ValueError: several inputs; sizes that are open and not given.

    >>> from pyconv.applications import mnist_convnet
    >>> from pyconv.evaluation import layer_costs
    >>> costs = layer_costs(mnist_convnet())
    >>> costs[0].parameters, costs[0].multiply_adds
    (320, 194688)
    """
    if not isinstance(model, Model):
        raise TypeError(f"layer_costs: model={model!r}; must be a Model")
    watch = _Watch()
    sizes = (1, *_sizes(model, input_shape))
    zeros = Tensor(np.zeros(sizes, model.dtype)).to(model.device)
    with no_recording():
        model(zeros, training=False)  # builds
        with observing(watch):
            model(zeros, training=False)
    return watch.costs


def cost_lines(costs: Sequence[LayerCost]) -> list[str]:
    """Return the table of `layer_costs` and its sums.

    Raises:
        TypeError: what is no list of LayerCost, or counts that are none.
    """
    given = items_of("cost_lines", "costs", costs)
    for i, cost in enumerate(given):
        if not isinstance(cost, LayerCost):
            raise TypeError(f"cost_lines: costs[{i}]={cost!r}; must be a LayerCost")
    parameters, multiply_adds = (
        sum(
            whole_number("cost_lines", f"costs[{i}].{count}", getattr(cost, count), 0, 1 << 63)
            for i, cost in enumerate(given)
        )
        for count in ("parameters", "multiply_adds")
    )
    total = ("in all", "", f"{parameters:,}", f"{multiply_adds:,}")
    rows = [HEADINGS, *(_cells(cost) for cost in given), total]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADINGS))]
    return [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


class _Watch:
    """Notes the innermost layers of a run in the order they end."""

    def __init__(self) -> None:
        self.costs: list[LayerCost] = []
        self._counted: set[int] = set()
        self._inner: list[bool] = []  # of each layer that runs: whether another ran inside

    def __call__(self, layer: Layer, inputs: Any, run: Callable[[], Any]) -> Any:
        if self._inner:
            self._inner[-1] = True
        self._inner.append(False)
        outputs = run()
        if not self._inner.pop():
            self._note(layer, inputs, outputs, layer.weights)
        elif layer.own_weights:
            self._note(layer, inputs, outputs, layer.own_weights)
        return outputs

    def _note(self, layer: Layer, inputs: Any, outputs: Any, weights: list[Any]) -> None:
        new = [w for w in weights if id(w) not in self._counted]
        self._counted.update(map(id, new))
        taken, given = (map_leaves(lambda t: t.shape, value) for value in (inputs, outputs))
        self.costs.append(
            LayerCost(
                layer.name,
                type(layer).__name__,
                given,
                sum(w.size for w in new),
                layer.flop(taken, given) // 2,
            )
        )


def _sizes(model: Model, input_shape: Sequence[int] | None) -> tuple[int, ...]:
    if input_shape is not None:
        return tuple(
            whole_number("layer_costs", f"input_shape[{i}]", size, 1)
            for i, size in enumerate(items_of("layer_costs", "input_shape", input_shape))
        )
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or any(not isinstance(size, int) for size in shape[1:]):
        raise ValueError(
            f"layer_costs: {model.name!r} takes {shape}; must take one input of known sizes, or "
            "give input_shape"
        )
    return shape[1:]


def _cells(cost: LayerCost) -> tuple[str, ...]:
    return (
        f"{cost.name} ({cost.kind})",
        str(cost.output_shape),
        f"{cost.parameters:,}",
        f"{cost.multiply_adds:,}",
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Padding: zeros around images that only a convolution reads become padding of its own.

Every run but a folded one uses it, training above all: neither the larger images nor their gradient
are ever written. Results and gradients have the bits that the layers give one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pyconv.autograd import Tensor
from pyconv.backend import precision
from pyconv.layers import Conv2D, DepthwiseConv2D, ZeroPadding2D
from pyconv.models.folding import adds_zeros
from pyconv.models.joining import joined_layers, joined_steps
from pyconv.models.steps import Slot, Step


class Padded:
    """layer(zeros(x)) in one operation; by policies of 16 bits the layers run one by one."""

    def __init__(self, zeros: ZeroPadding2D, layer: Conv2D | DepthwiseConv2D) -> None:
        self.zeros, self.layer = zeros, layer

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the result for images without their zeros."""
        layer = self.layer
        if precision.in_use or layer.activity_regularizer is not None:
            y: Tensor = layer(self.zeros(x, training), training)
            return y
        x = self.zeros.prepared(x)
        y = layer.convolve(x, layer.kernel, layer.bias, layer._fused, self.zeros.padding)
        return layer.activated(y)


def training_layers(layers: Sequence[Any]) -> list[Any]:
    """Return what runs in the place of layers one after the other, normalisations joined too."""
    found: list[Any] = []
    for layer in joined_layers(layers):
        if found and adds_zeros([found[-1], layer]):
            found[-1] = Padded(found[-1], layer)
        else:
            found.append(layer)
    return found


def training_steps(steps: list[Step], results: list[int]) -> list[Step]:
    """Return steps that give the same results, normalisations joined too.

    A convolution stands where its zeros stood: so gradients meet in the order of before.
    """
    steps = joined_steps(steps, results)
    uses = Counter(slot for step in steps for slot in step.sources) + Counter(results)
    layers = Counter(id(step.layer) for step in steps)
    makers = {step.outputs[0]: step for step in steps if step.alone}
    convolutions: dict[int, Step] = {}  # by the output of their zeros
    for step in steps:
        zeros = makers.get(step.sources[0]) if type(step.arguments) is Slot else None
        if zeros is None or not step.alone or uses[zeros.outputs[0]] != 1:
            continue
        if layers[id(step.layer)] == 1 and adds_zeros([zeros.layer, step.layer]):
            convolutions[zeros.outputs[0]] = step
    gone = {step.outputs[0] for step in convolutions.values()}
    return [
        _padded(step, convolutions.get(step.outputs[0]))
        for step in steps
        if step.outputs[0] not in gone
    ]


def _padded(step: Step, convolution: Step | None) -> Step:
    if convolution is None:
        return step
    layer = Padded(step.layer, convolution.layer)
    return step._replace(layer=layer, outputs=convolution.outputs)

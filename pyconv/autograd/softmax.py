# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable softmax and its logarithm, over any axis."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array


class SoftmaxFunction(Function):
    """Pairs the ops with their backwards; keeps y alone."""

    takes_16_bits = True

    y: Array

    def __init__(self, axis: int, *, logarithm: bool) -> None:
        self.axis, self.logarithm = axis, logarithm

    def forward(self, x: Array) -> Array:
        y = (ops.log_softmax if self.logarithm else ops.softmax)(x, self.axis)
        if self.recording:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        backward = ops.log_softmax_backward if self.logarithm else ops.softmax_backward
        return backward(dy, self.y, self.axis)


def softmax(x: Operand, axis: int = -1) -> Tensor:
    """Return probabilities that sum to 1 over an axis; over the last, remember x as logits."""
    logits = floating(x)
    y = SoftmaxFunction(axis, logarithm=False)(logits)
    if axis in (-1, logits.ndim - 1):
        y.made_from = ("softmax", logits)
    return y


def log_softmax(x: Operand, axis: int = -1) -> Tensor:
    """Return x - log(sum of e^x over an axis)."""
    return SoftmaxFunction(axis, logarithm=True)(floating(x))

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable softmax: y = e ** x divided by its sum over an axis."""

from __future__ import annotations

import numpy as np

from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array


class SoftmaxFunction(Function):
    """Keeps y alone: dx = y * (dy - sum(dy * y))."""

    y: Array

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        with np.errstate(invalid="ignore"):  # infinite logits give NaN without a warning
            e = np.exp(x - x.max(axis=self.axis, keepdims=True))
            self.y = e / e.sum(axis=self.axis, keepdims=True)
        return self.y

    def backward(self, dy: Array) -> Array:
        weighted: Array = dy * self.y
        dx: Array = weighted - self.y * weighted.sum(axis=self.axis, keepdims=True)
        return dx


def softmax(x: Operand, axis: int = -1) -> Tensor:
    """Return probabilities that sum to 1 over an axis; over the last, remember x as logits."""
    logits = floating(x)
    y = SoftmaxFunction(axis)(logits)
    if axis in (-1, logits.ndim - 1):
        y.made_from = ("softmax", logits)
    return y

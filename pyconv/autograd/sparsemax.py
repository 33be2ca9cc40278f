# SPDX-License-Identifier: BSD-3-Clause
"""Sparsemax: y = max(x - t, 0), t such that y sums to 1; a softmax that gives zeros."""

from __future__ import annotations

import numpy as np

from pyconv.arguments import checked_axis
from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array


class SparsemaxFunction(Function):
    """Keeps y alone: the gradient passes where y is above 0, less its mean there."""

    y: Array

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        if not x.size:
            return x
        x = x - x.max(axis=self.axis, keepdims=True)  # sums of large numbers would cancel
        falling = np.flip(np.sort(x, axis=self.axis), axis=self.axis)
        count = np.cumsum(np.ones_like(x), axis=self.axis)
        chosen = 1 + count * falling > np.cumsum(falling, axis=self.axis)
        chosen_sum = np.where(chosen, falling, 0).sum(axis=self.axis, keepdims=True)
        size = np.maximum(chosen.sum(axis=self.axis, keepdims=True, dtype=x.dtype), 1)  # of NaN: 0
        y: Array = np.maximum(x - (chosen_sum - 1) / size, 0)
        if self.recording:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        chosen = self.y > 0
        size = np.maximum(chosen.sum(axis=self.axis, keepdims=True, dtype=dy.dtype), 1)
        mean = np.where(chosen, dy, 0).sum(axis=self.axis, keepdims=True) / size
        dx: Array = np.where(chosen, dy - mean, dy.dtype.type(0))
        return dx


def sparsemax(x: Operand, axis: int = -1) -> Tensor:
    """Return the probabilities nearest to x over an axis; many are 0.

    Source: Martins and Astudillo, From Softmax to Sparsemax, 2016. Keras 3's function of the name
    adds running sums up where the paper has one sum; its rows often sum to 0.
    """
    tensor = floating(x)
    return SparsemaxFunction(checked_axis("sparsemax", axis, tensor.ndim))(tensor)

# SPDX-License-Identifier: BSD-3-Clause
"""Sums, means, variances and extremes over axes."""

from __future__ import annotations

import builtins

import numpy as np

from pyconv.autograd.arithmetic import divide, maximum
from pyconv.autograd.elementwise import floating, sqrt, square
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array, copy_into, empty_on

Axes = int | tuple[int, ...] | None


class Reduction(Function):
    """What all share: the axes, and how a gradient regains them."""

    shape: tuple[int, ...]

    def __init__(self, axis: Axes, keepdims: bool) -> None:
        self.axis, self.keepdims = axis, keepdims

    def spread(self, y: Array) -> Array:
        """Return a result with the reduced axes at size 1."""
        if self.keepdims:
            return y
        rank, axis = len(self.shape), self.axis
        if axis is None:
            return y.reshape((1,) * rank)
        reduced = {a % rank for a in ((axis,) if isinstance(axis, int) else axis)}
        return y.reshape(tuple(1 if i in reduced else n for i, n in enumerate(self.shape)))


class SumFunction(Reduction):
    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        y: Array = x.sum(axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, dy: Array) -> Array:
        return _filled(self.spread(dy), self.shape)


class MeanFunction(Reduction):
    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        y: Array = x.mean(axis=self.axis, keepdims=self.keepdims)
        self.count = x.size // builtins.max(y.size, 1)
        return y

    def backward(self, dy: Array) -> Array:
        return _filled(self.spread(dy) / dy.dtype.type(self.count), self.shape)


class VarianceFunction(Reduction):
    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        centred = x - x.mean(axis=self.axis, keepdims=True)
        y: Array = np.square(centred).mean(axis=self.axis, keepdims=self.keepdims)
        if self.recording:
            self.centred, self.count = centred, x.size // builtins.max(y.size, 1)
        return y

    def backward(self, dy: Array) -> Array:
        dx: Array = self.centred * (self.spread(dy) * dy.dtype.type(2 / self.count))
        return dx


class ExtremeFunction(Reduction):
    """The largest or the smallest element; equals share the gradient."""

    y: Array

    def __init__(self, axis: Axes, keepdims: bool, *, largest: bool) -> None:
        super().__init__(axis, keepdims)
        self.largest = largest

    def forward(self, x: Array) -> Array:
        self.shape, self.x = x.shape, x
        find = x.max if self.largest else x.min
        self.y = find(axis=self.axis, keepdims=self.keepdims)
        return self.y

    def backward(self, dy: Array) -> Array:
        chosen = self.x == self.spread(self.y)
        counts = chosen.sum(axis=self.axis, keepdims=True, dtype=dy.dtype)
        dx: Array = chosen * (self.spread(dy) / counts)
        return dx


def _filled(dy: Array, shape: tuple[int, ...]) -> Array:
    if isinstance(dy, np.generic):
        dy = np.asarray(dy)
    filled = empty_on(dy, shape)
    copy_into(filled, dy)
    return filled


def sum(x: Operand, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the sum over an axis, several, or all."""
    return SumFunction(axis, keepdims)(as_tensor(x))


def mean(x: Operand, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the mean over an axis, several, or all; integers give float32."""
    return MeanFunction(axis, keepdims)(floating(x))


def var(x: Operand, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the population variance over an axis, several, or all; integers give float32."""
    return VarianceFunction(axis, keepdims)(floating(x))


def max(x: Operand, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the largest element over an axis, several, or all; equals share the gradient."""
    return ExtremeFunction(axis, keepdims, largest=True)(as_tensor(x))


def min(x: Operand, axis: Axes = None, *, keepdims: bool = False) -> Tensor:
    """Return the smallest element over an axis, several, or all; equals share the gradient."""
    return ExtremeFunction(axis, keepdims, largest=False)(as_tensor(x))


def argmax(x: Operand, axis: int | None = None) -> Tensor:
    """Return where the largest element stands, the first of equals; there is no gradient."""
    return Tensor(np.argmax(as_tensor(x).array, axis=axis))


def l2_normalize(x: Operand, axis: Axes = None, epsilon: float = 1e-12) -> Tensor:
    """Return x divided by the root of its sum of squares over an axis, several, or all.

    Args:
        epsilon: the least sum of squares that is divided by.
    """
    tensor = floating(x)
    squares = sum(square(tensor), axis, keepdims=True)
    return divide(tensor, sqrt(maximum(squares, epsilon)))

# SPDX-License-Identifier: BSD-3-Clause
"""Functions that only move elements: reshape, transpose, getitem, concatenate, stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array


class ReshapeFunction(Function):
    def __init__(self, shape: int | tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        self.old = x.shape
        return x.reshape(self.shape)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.old)


class TransposeFunction(Function):
    def __init__(self, axes: tuple[int, ...] | None) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Array:
        y: Array = x.transpose(self.axes)
        return y

    def backward(self, dy: Array) -> Array:
        axes = None if self.axes is None else tuple(int(a) for a in np.argsort(self.axes))
        dx: Array = dy.transpose(axes)
        return dx


class GetItemFunction(Function):
    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        part: Array = x[self.key]
        return part

    def backward(self, dy: Array) -> Array:
        dx = np.zeros_like(dy, shape=self.shape)
        if _is_basic(self.key):
            dx[self.key] = dy
        else:
            np.add.at(dx, self.key, dy)
        return dx


class ConcatenateFunction(Function):
    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Array:
        self.ends = np.cumsum([x.shape[self.axis] for x in xs])[:-1]
        return np.concatenate(xs, axis=self.axis)

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        return tuple(np.split(dy, self.ends, axis=self.axis))


def _is_basic(key: Any) -> bool:
    parts = key if isinstance(key, tuple) else (key,)
    return all(isinstance(p, (int, slice, np.integer)) or p is None or p is Ellipsis for p in parts)


def reshape(x: Operand, shape: int | Sequence[int]) -> Tensor:
    """Return x with another shape; one size may be -1."""
    return ReshapeFunction(shape if isinstance(shape, int) else tuple(shape))(as_tensor(x))


def transpose(x: Operand, axes: Sequence[int] | None = None) -> Tensor:
    """Return x with its axes reordered; reversed by default."""
    tensor = as_tensor(x)
    order = None if axes is None else tuple(a % max(tensor.ndim, 1) for a in axes)
    return TransposeFunction(order)(tensor)


def getitem(x: Operand, key: Any) -> Tensor:
    """Return x[key]; keys are NumPy's, or Tensors; repeated elements add their gradients."""
    parts = key if isinstance(key, tuple) else (key,)
    arrays = tuple(p.array if isinstance(p, Tensor) else p for p in parts)
    return GetItemFunction(arrays if isinstance(key, tuple) else arrays[0])(as_tensor(x))


def concatenate(xs: Sequence[Operand], axis: int = -1) -> Tensor:
    """Return the Tensors one after the other along an axis."""
    return ConcatenateFunction(axis)(*map(as_tensor, xs))


def stack(xs: Sequence[Operand], axis: int = 0) -> Tensor:
    """Return the Tensors along a new axis."""
    tensors = [as_tensor(x) for x in xs]
    axis = axis % (tensors[0].ndim + 1)
    shape = (*tensors[0].shape[:axis], 1, *tensors[0].shape[axis:])
    return concatenate([reshape(x, shape) for x in tensors], axis)

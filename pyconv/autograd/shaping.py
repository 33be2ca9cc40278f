# SPDX-License-Identifier: BSD-3-Clause
"""Functions that only move elements: reshape, transpose, getitem, concatenate, stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.arguments import LARGEST, checked_axis, items_of, whole_number
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.autograd.variable import Variable
from pyconv.backend import Array, put_beside


class ViewFunction(Function):
    """A function whose result lies where x does, unless that is a Variable, which changes."""

    takes_16_bits = True

    def __call__(self, *inputs: Tensor | None) -> Tensor:
        y = super().__call__(*inputs)
        if isinstance(inputs[0], Variable):
            y.array = y.array.copy()
        return y


class ReshapeFunction(ViewFunction):
    def __init__(self, shape: int | tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        self.old = x.shape
        return x.reshape(self.shape)

    def backward(self, dy: Array) -> Array:
        return dy.reshape(self.old)


class TransposeFunction(ViewFunction):
    def __init__(self, axes: tuple[int, ...] | None) -> None:
        self.axes = axes

    def forward(self, x: Array) -> Array:
        y: Array = x.transpose(self.axes)
        return y

    def backward(self, dy: Array) -> Array:
        axes = None if self.axes is None else tuple(int(a) for a in np.argsort(self.axes))
        dx: Array = dy.transpose(axes)
        return dx


class GetItemFunction(ViewFunction):
    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        if not isinstance(x, np.ndarray) and not _is_basic(self.key):
            self.key = _beside(self.key, x)
        part: Array = x[self.key]
        return part

    def backward(self, dy: Array) -> Array:
        dx = np.zeros_like(dy, shape=self.shape)
        if _is_basic(self.key):
            dx[self.key] = dy
        else:
            np.add.at(dx, self.key, dy)
        return dx


def _beside(key: Any, x: Array) -> Any:
    """Return a key whose arrays lie where x does."""
    if isinstance(key, tuple):
        return tuple(_beside(part, x) for part in key)
    if isinstance(key, list):
        key = np.asarray(key)
    return put_beside(key, x) if isinstance(key, np.ndarray) else key


class ConcatenateFunction(Function):
    takes_16_bits = True

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, *xs: Array) -> Array:
        self.ends = np.cumsum([x.shape[self.axis] for x in xs])[:-1].tolist()
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


def split(x: Operand, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Return equal parts of x along an axis, so many of them, or the parts between indices."""
    tensor = as_tensor(x)
    axis = checked_axis("split", axis, tensor.ndim)
    size = tensor.shape[axis]
    name = "indices_or_sections"
    if isinstance(indices_or_sections, (int, np.integer)):
        parts = whole_number("split", name, indices_or_sections, 1)
        if size % parts:
            raise ValueError(f"split: {name}={parts}; must divide {size}")
        ends = [size // parts * i for i in range(1, parts)]
    else:
        given = items_of("split", name, indices_or_sections)
        ends = [whole_number("split", name, i, -LARGEST) for i in given]
    before = (slice(None),) * axis
    return [
        getitem(tensor, (*before, slice(start, end)))
        for start, end in zip([0, *ends], [*ends, size], strict=True)
    ]


def expand_dims(x: Operand, axis: int) -> Tensor:
    """Return x with a new axis of size 1 at this place."""
    tensor = as_tensor(x)
    axis = checked_axis("expand_dims", axis, tensor.ndim + 1)
    return reshape(tensor, (*tensor.shape[:axis], 1, *tensor.shape[axis:]))


def squeeze(x: Operand, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return x without the axes of size 1, or without those named."""
    tensor = as_tensor(x)
    if axis is None:
        gone = {i for i, size in enumerate(tensor.shape) if size == 1}
    else:
        gone = _places("squeeze", axis, tensor.ndim)
        if any(tensor.shape[a] != 1 for a in gone):
            raise ValueError(f"squeeze: axis={axis} of shape {tensor.shape}; sizes must be 1")
    return reshape(tensor, tuple(n for i, n in enumerate(tensor.shape) if i not in gone))


def flip(x: Operand, axis: int | Sequence[int] | None = None) -> Tensor:
    """Return x with its elements in reverse order along an axis, several, or all."""
    tensor = as_tensor(x)
    turned = _places("flip", range(tensor.ndim) if axis is None else axis, tensor.ndim)
    key = tuple(slice(None, None, -1 if i in turned else 1) for i in range(tensor.ndim))
    return getitem(tensor, key)


def _places(function: str, axis: int | Sequence[int], rank: int) -> set[int]:
    """Return the places of one axis or several."""
    one = isinstance(axis, (int, np.integer))
    named = [axis] if one else items_of(function, "axis", axis)
    return {checked_axis(function, a, rank) for a in named}

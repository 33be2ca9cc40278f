# SPDX-License-Identifier: BSD-3-Clause
"""Functions that repeat or choose elements: broadcast_to, tile, pad, where."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.autograd.arithmetic import fit_shape, operands
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, array_of, as_tensor
from pyconv.backend import Array, contiguous


class BroadcastFunction(Function):
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Array) -> Array:
        self.old = x.shape
        return contiguous(np.broadcast_to(x, self.shape))

    def backward(self, dy: Array) -> Array:
        return fit_shape(dy, self.old)


class TileFunction(Function):
    def __init__(self, repeats: tuple[int, ...]) -> None:
        self.repeats = repeats

    def forward(self, x: Array) -> Array:
        self.old = x.shape
        y: Array = np.tile(x, self.repeats)
        return y

    def backward(self, dy: Array) -> Array:
        rank = max(len(self.repeats), len(self.old))
        repeats = (1,) * (rank - len(self.repeats)) + self.repeats
        sizes = (1,) * (rank - len(self.old)) + self.old
        pairs = tuple(n for pair in zip(repeats, sizes, strict=True) for n in pair)
        summed: Array = dy.reshape(pairs).sum(axis=tuple(range(0, 2 * rank, 2)))
        return summed.reshape(self.old)


class PadFunction(Function):
    takes_16_bits = True

    def __init__(self, pad_width: tuple[tuple[int, int], ...], value: float) -> None:
        self.pad_width, self.value = pad_width, value

    def forward(self, x: Array) -> Array:
        self.old = x.shape
        y: Array = np.pad(x, self.pad_width, constant_values=self.value)
        return y

    def backward(self, dy: Array) -> Array:
        pairs = zip(self.pad_width, self.old, strict=True)
        return dy[tuple(slice(before, before + size) for (before, _), size in pairs)]


class WhereFunction(Function):
    def __init__(self, condition: Array) -> None:
        self.condition = condition

    def forward(self, a: Array, b: Array) -> Array:
        self.shapes = a.shape, b.shape
        y: Array = np.where(self.condition, a, b)
        return y

    def backward(self, dy: Array) -> tuple[Array, Array]:
        zero = dy.dtype.type(0)
        da, db = np.where(self.condition, dy, zero), np.where(self.condition, zero, dy)
        return fit_shape(da, self.shapes[0]), fit_shape(db, self.shapes[1])


def broadcast_to(x: Operand, shape: Sequence[int]) -> Tensor:
    """Return x repeated to a larger shape, by NumPy's rule."""
    return BroadcastFunction(tuple(shape))(as_tensor(x))


def tile(x: Operand, repeats: int | Sequence[int]) -> Tensor:
    """Return x repeated so many times along each axis."""
    counts = (repeats,) if isinstance(repeats, int) else tuple(repeats)
    if any(count < 0 for count in counts):
        raise ValueError(f"tile: repeats={counts}; must be >= 0")
    return TileFunction(counts)(as_tensor(x))


def pad(x: Operand, pad_width: Any, *, constant_values: float = 0.0) -> Tensor:
    """Return x with a border of one value.

    Args:
        pad_width: (before, after) of each axis, of all axes, or one number for all.
    """
    tensor = as_tensor(x)
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (tensor.ndim, 2))
    except ValueError:
        raise ValueError(
            f"pad: pad_width={pad_width}; must be (before, after) of each of {tensor.ndim} axes"
        ) from None
    if widths.dtype.kind not in "iu" or (widths < 0).any():
        raise ValueError(f"pad: pad_width={pad_width}; must be integers >= 0")
    pairs = tuple((int(before), int(after)) for before, after in widths)
    return PadFunction(pairs, constant_values)(tensor)


def where(condition: Operand, a: Operand, b: Operand) -> Tensor:
    """Return a where the condition holds and b elsewhere; it has no gradient itself."""
    return WhereFunction(array_of(condition) != 0)(*operands("where", a, b))

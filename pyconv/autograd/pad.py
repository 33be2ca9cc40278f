# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable padding with zeros: the gradient is what lies inside."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array, array_module


class PadFunction(Function):
    def __init__(self, pad_width: tuple[tuple[int, int], ...]) -> None:
        self.pad_width = pad_width

    def forward(self, x: Array) -> Array:
        sizes = [
            before + size + after
            for size, (before, after) in zip(x.shape, self.pad_width, strict=True)
        ]
        y: Array = array_module(x).zeros(sizes, x.dtype)
        self.inside = tuple(
            slice(before, before + size)
            for size, (before, _) in zip(x.shape, self.pad_width, strict=True)
        )
        y[self.inside] = x
        return y

    def backward(self, dy: Array) -> Array:
        dx: Array = dy[self.inside]
        return dx


def pad(x: Operand, pad_width: Sequence[tuple[int, int]]) -> Tensor:
    """Return x with zeros around it: (before, after) for each axis."""
    tensor = as_tensor(x)
    if len(pad_width) != tensor.ndim:
        raise ValueError(f"pad: pad_width={tuple(pad_width)}; must be {tensor.ndim} pairs")
    for axis, (before, after) in enumerate(pad_width):
        if before < 0 or after < 0:
            raise ValueError(f"pad: pad_width[{axis}]={(before, after)}; must be >= 0")
    return PadFunction(tuple((before, after) for before, after in pad_width))(tensor)

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable resizing: the gradient is the adjoint."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array
from pyconv.geometry import DataFormat, IntPair
from pyconv.ops.resize import Interpolation


class ResizeFunction(Function):
    """Pairs the op with its backward, which needs the shape of x alone."""

    def __init__(self, size: IntPair, interpolation: Interpolation, format: DataFormat) -> None:
        self.size, self.interpolation, self.data_format = size, interpolation, format

    def forward(self, x: Array) -> Array:
        self.input_shape = x.shape
        return ops.resize(
            x, self.size, interpolation=self.interpolation, data_format=self.data_format
        )

    def backward(self, dy: Array) -> Array:
        return ops.resize_backward(
            dy, self.input_shape, interpolation=self.interpolation, data_format=self.data_format
        )


def resize(
    x: Operand,
    size: IntPair,
    *,
    interpolation: Interpolation = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Tensor:
    """Return the images at another size; arguments and errors as in ops.resize."""
    return ResizeFunction(size, interpolation, data_format)(as_tensor(x))

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable average pooling: the pixels of a window share its gradient."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.pool2d import PoolOptions
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array
from pyconv.geometry import DataFormat, IntPair, Padding


class AvgPool2DFunction(Function):
    """Pairs the op with its backward, which needs the shape of x alone."""

    takes_16_bits = True

    def __init__(self, options: PoolOptions, count_include_pad: bool) -> None:
        self.options, self.count_include_pad = options, count_include_pad

    def forward(self, x: Array) -> Array:
        self.input_shape = x.shape
        return ops.avg_pool2d(x, **self.options, count_include_pad=self.count_include_pad)

    def backward(self, dy: Array) -> Array:
        return ops.avg_pool2d_backward(
            dy, self.input_shape, **self.options, count_include_pad=self.count_include_pad
        )


def avg_pool2d(
    x: Operand,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
    count_include_pad: bool = False,
) -> Tensor:
    """Return the mean of every window; arguments and errors as in ops.avg_pool2d."""
    options: PoolOptions = {
        "pool_size": pool_size,
        "strides": strides,
        "padding": padding,
        "data_format": data_format,
        "ceil_mode": ceil_mode,
    }
    return AvgPool2DFunction(options, count_include_pad)(as_tensor(x))

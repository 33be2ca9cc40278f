# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable max pooling: the gradient goes to the largest pixel of every window."""

from __future__ import annotations

from typing import TypedDict

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array, contiguous
from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.ops.max_pool2d import unchecked_max_pool2d_backward


class PoolOptions(TypedDict):
    """The geometry that forward and backward share."""

    pool_size: IntPair
    strides: IntPair | None
    padding: Padding
    data_format: DataFormat
    ceil_mode: bool


class MaxPool2DFunction(Function):
    """Pairs the op with its backward; computes and keeps argmax only when a tape records."""

    def __init__(self, options: PoolOptions) -> None:
        self.options = options

    def forward(self, x: Array) -> Array:
        if not self.recording:
            return ops.max_pool2d(x, **self.options)
        y, self.argmax = ops.max_pool2d_with_argmax(x, **self.options)
        self.input_shape = x.shape
        return y

    def backward(self, dy: Array) -> Array:
        """Return dx; the offsets are the op's own and need no check."""
        options = self.options
        window = Window.pool(
            "max_pool2d",
            self.input_shape,
            options["pool_size"],
            options["strides"],
            options["padding"],
            options["data_format"],
            options["ceil_mode"],
        )
        return unchecked_max_pool2d_backward(contiguous(dy), self.argmax, window)


def max_pool2d(
    x: Operand,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Tensor:
    """Return the largest pixel of every window; arguments and errors as in ops.max_pool2d."""
    options: PoolOptions = {
        "pool_size": pool_size,
        "strides": strides,
        "padding": padding,
        "data_format": data_format,
        "ceil_mode": ceil_mode,
    }
    return MaxPool2DFunction(options)(as_tensor(x))

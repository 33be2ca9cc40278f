# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable global pooling: the mean, or the largest pixel, of every channel."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array, contiguous
from pyconv.geometry import DataFormat, Window
from pyconv.ops.pool2d import unchecked_best_pixels_backward


class GlobalAvgPool2DFunction(Function):
    """Pairs the op with its backward, which needs the shape of x alone."""

    takes_16_bits = True
    makes_anew = True

    def __init__(self, keepdims: bool, data_format: DataFormat) -> None:
        self.keepdims, self.data_format = keepdims, data_format

    def forward(self, x: Array) -> Array:
        self.input_shape = x.shape
        return ops.global_avg_pool2d(x, keepdims=self.keepdims, data_format=self.data_format)

    def backward(self, dy: Array) -> Array:
        return ops.global_avg_pool2d_backward(
            dy, self.input_shape, keepdims=self.keepdims, data_format=self.data_format
        )


class GlobalMaxPool2DFunction(Function):
    """Pairs the op with its backward; finds and keeps offsets only when a tape records."""

    takes_16_bits = True
    makes_anew = True

    def __init__(self, keepdims: bool, data_format: DataFormat) -> None:
        self.keepdims, self.data_format = keepdims, data_format

    def forward(self, x: Array) -> Array:
        if not self.recording:
            return ops.global_max_pool2d(x, keepdims=self.keepdims, data_format=self.data_format)
        self.input_shape = x.shape
        y, self.argmax = ops.global_max_pool2d_with_argmax(
            x, keepdims=self.keepdims, data_format=self.data_format
        )
        return y

    def backward(self, dy: Array) -> Array:
        """Return dx; the offsets are the op's own and need no check."""
        window = Window.global_pool("global_max_pool2d", self.input_shape, self.data_format)
        return unchecked_best_pixels_backward(contiguous(dy), self.argmax, window)


def global_avg_pool2d(
    x: Operand, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> Tensor:
    """Return the mean of every channel; arguments and errors as in ops.global_avg_pool2d."""
    return GlobalAvgPool2DFunction(keepdims, data_format)(as_tensor(x))


def global_max_pool2d(
    x: Operand, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> Tensor:
    """Return the largest pixel of every channel; arguments as in ops.global_max_pool2d.

    Of equal pixels the first gets the gradient; in Keras they share it.
    """
    return GlobalMaxPool2DFunction(keepdims, data_format)(as_tensor(x))

# SPDX-License-Identifier: BSD-3-Clause
"""What differentiable poolings share: their options, and the gradient to one pixel a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

from pyconv.autograd.function import Function
from pyconv.backend import Array, contiguous
from pyconv.geometry import DataFormat, IntPair, Padding
from pyconv.ops.activation import ActivationName, activation_code, through_activation
from pyconv.ops.pool2d import unchecked_best_pixels_backward
from pyconv.ops.windows import pool_window


class PoolOptions(TypedDict):
    """The geometry that forward and backward share."""

    pool_size: IntPair
    strides: IntPair | None
    padding: Padding
    data_format: DataFormat
    ceil_mode: bool


class BestPool2DFunction(Function):
    """Pairs such an op with its backward; finds and keeps offsets only when a tape records.

    The gradient of a ReLU before it is taken here, where it is a matter of few pixels: those that
    win get theirs by their y, all others have none anyway.
    """

    takes_16_bits = True
    makes_anew = True

    mask: ActivationName = None

    def __init__(
        self,
        pool: Callable[..., Array],
        pool_with_offsets: Callable[..., tuple[Array, Array]],
        options: PoolOptions,
    ) -> None:
        self.pool, self.pool_with_offsets, self.options = pool, pool_with_offsets, options

    def forward(self, x: Array) -> Array:
        if not self.recording:
            return self.pool(x, **self.options)
        y, self.offsets = self.pool_with_offsets(x, **self.options)
        self.input_shape, self.y = x.shape, y
        return y

    def take_over(self, maker: Function) -> None:
        self.mask = maker.hand_over()

    def backward(self, dy: Array) -> Array:
        """Return dx; the offsets are the op's own and need no check."""
        options = self.options
        name = self.pool.__name__
        window = pool_window(
            name,
            self.input_shape,
            options["pool_size"],
            options["strides"],
            options["padding"],
            options["data_format"],
            options["ceil_mode"],
        )
        dy = contiguous(dy)
        if self.mask is not None:
            dy = through_activation(name, dy, self.y, activation_code(name, self.mask))
        return unchecked_best_pixels_backward(dy, self.offsets, window)

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable convolution and max-pooling in one: in the kernel and the bias, not in images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv.autograd.function import Function
from pyconv.backend import Array
from pyconv.geometry import Window
from pyconv.ops.conv2d_max_pool2d import conv2d_max_pool2d, conv2d_max_pool2d_backward

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


class PooledConv2D(Function):
    """y = max_pool2d(conv2d(x, kernel, bias, activation)) of host arrays; keeps x, y and argmax.

    Args:
        window, pool: such as ops.conv2d_max_pool2d takes.
    """

    def __init__(self, window: Window, pool: Window, activation: ActivationName) -> None:
        self.window, self.pool, self.activation = window, pool, activation

    def forward(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        y, argmax = conv2d_max_pool2d(
            "conv2d",
            self.window,
            self.pool,
            x,
            kernel,
            bias,
            self.activation,
            offsets=self.recording,
        )
        if argmax is not None:
            self.x, self.result = x, (y, argmax)
        return y

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        needs = self.names_of_wanted("x", "kernel", "bias")
        return None, *conv2d_max_pool2d_backward(
            "conv2d_backward",
            self.window,
            self.pool,
            dy,
            self.result,
            self.x,
            self.activation,
            needs,
        )

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable transposed convolution: the adjoint of conv2d."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array
from pyconv.geometry import DataFormat, IntPair, Padding

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


class TransposeOptions(TypedDict):
    """The geometry that forward and backward share."""

    strides: IntPair
    padding: Padding
    output_padding: IntPair | None
    dilation_rate: IntPair
    data_format: DataFormat


class Conv2DTransposeFunction(Function):
    """Pairs the op with its backward; keeps x, the kernel, and y where an activation was fused."""

    def __init__(self, options: TransposeOptions, activation: ActivationName) -> None:
        self.options, self.activation = options, activation

    def forward(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        y = ops.conv2d_transpose(x, kernel, bias, **self.options, activation=self.activation)
        if self.recording:
            self.x, self.kernel, self.y = x, kernel, y if self.activation else None
        return y

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        return ops.conv2d_transpose_backward(
            dy,
            self.x,
            self.kernel,
            **self.options,
            activation=self.activation,
            y=self.y,
            needs=self.names_of_wanted("x", "kernel", "bias"),
        )


def conv2d_transpose(
    x: Operand,
    kernel: Operand,
    bias: Operand | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    output_padding: IntPair | None = None,
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
) -> Tensor:
    """Return the convolution of Tensors or arrays; arguments and errors as in ops."""
    options: TransposeOptions = {
        "strides": strides,
        "padding": padding,
        "output_padding": output_padding,
        "dilation_rate": dilation_rate,
        "data_format": data_format,
    }
    function = Conv2DTransposeFunction(options, activation)
    return function(as_tensor(x), as_tensor(kernel), None if bias is None else as_tensor(bias))

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable depthwise convolution: each channel has filters of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv import ops
from pyconv.autograd.product import ProductFunction
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.geometry import DataFormat, IntPair, Padding

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


def depthwise_conv2d(
    x: Operand,
    kernel: Operand,
    bias: Operand | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
) -> Tensor:
    """Return the convolution of Tensors or arrays; arguments and errors as in ops."""
    options = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation_rate,
        "data_format": data_format,
    }
    function = ProductFunction(
        ops.depthwise_conv2d, ops.depthwise_conv2d_backward, options, activation
    )
    return function.of(x, kernel, bias)

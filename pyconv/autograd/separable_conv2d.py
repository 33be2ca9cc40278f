# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable separable convolution: the depthwise one, then the 1x1 one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv.autograd.conv2d import conv2d
from pyconv.autograd.depthwise_conv2d import depthwise_conv2d
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.geometry import DataFormat, IntPair, Padding

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


def separable_conv2d(
    x: Operand,
    depthwise_kernel: Operand,
    pointwise_kernel: Operand,
    bias: Operand | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
) -> Tensor:
    """Return the convolution of Tensors or arrays; arguments as in ops.separable_conv2d.

    What lies between the two parts is kept while recording, not computed again.
    """
    between = depthwise_conv2d(
        x,
        depthwise_kernel,
        strides=strides,
        padding=padding,
        dilation_rate=dilation_rate,
        data_format=data_format,
    )
    return conv2d(between, pointwise_kernel, bias, data_format=data_format, activation=activation)

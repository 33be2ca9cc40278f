# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable transposed convolution: the adjoint of conv2d."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv import ops
from pyconv.autograd.product import ProductFunction
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.geometry import DataFormat, IntPair, Padding

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


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
    options = {
        "strides": strides,
        "padding": padding,
        "output_padding": output_padding,
        "dilation_rate": dilation_rate,
        "data_format": data_format,
    }
    function = ProductFunction(
        ops.conv2d_transpose, ops.conv2d_transpose_backward, options, activation
    )
    return function.of(x, kernel, bias)

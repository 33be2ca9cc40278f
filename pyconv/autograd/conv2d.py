# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable convolution: y[n, i, j, f] = activation(bias[f] + sum of window * kernel)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv import ops
from pyconv.autograd.product import ProductFunction
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.geometry import DataFormat, IntPair, Padding

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName
    from pyconv.ops.conv2d import Algorithm


def conv2d(
    x: Operand,
    kernel: Operand,
    bias: Operand | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
    activation: ActivationName = None,
    algorithm: Algorithm = "auto",
) -> Tensor:
    """Return the convolution of Tensors or arrays; arguments and errors as in ops.conv2d."""
    options = {
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation_rate,
        "groups": groups,
        "data_format": data_format,
        "algorithm": algorithm,
    }
    function = ProductFunction(ops.conv2d, ops.conv2d_backward, options, activation)
    function.adds_up = True
    return function.of(x, kernel, bias)

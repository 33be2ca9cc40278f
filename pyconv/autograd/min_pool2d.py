# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable min pooling: the gradient goes to the smallest pixel of every window."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.pool2d import BestPool2DFunction, PoolOptions
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.geometry import DataFormat, IntPair, Padding


def min_pool2d(
    x: Operand,
    pool_size: IntPair = 2,
    *,
    strides: IntPair | None = None,
    padding: Padding = "valid",
    data_format: DataFormat = "channels_last",
    ceil_mode: bool = False,
) -> Tensor:
    """Return the smallest pixel of every window; arguments and errors as in ops.min_pool2d."""
    options: PoolOptions = {
        "pool_size": pool_size,
        "strides": strides,
        "padding": padding,
        "data_format": data_format,
        "ceil_mode": ceil_mode,
    }
    function = BestPool2DFunction(ops.min_pool2d, ops.min_pool2d_with_argmin, options)
    return function(as_tensor(x))

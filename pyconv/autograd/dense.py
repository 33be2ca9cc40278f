# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable dense product: y = activation(x @ kernel + bias)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv import ops
from pyconv.autograd.product import ProductFunction
from pyconv.autograd.tensor import Operand, Tensor

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


def dense(
    x: Operand, kernel: Operand, bias: Operand | None = None, *, activation: ActivationName = None
) -> Tensor:
    """Return activation(x @ kernel + bias); shapes and errors as in ops.dense."""
    function = ProductFunction(ops.dense, ops.dense_backward, {}, activation)
    return function.of(x, kernel, bias)

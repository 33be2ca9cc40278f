# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable dense product: y = activation(x @ kernel + bias)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


class DenseFunction(Function):
    """Pairs the op with its backward; keeps x, the kernel, and y where an activation was fused."""

    def __init__(self, activation: ActivationName) -> None:
        self.activation = activation

    def forward(self, x: Array, kernel: Array, bias: Array | None) -> Array:
        y = ops.dense(x, kernel, bias, activation=self.activation)
        if self.recording:
            self.x, self.kernel, self.y = x, kernel, y if self.activation else None
        return y

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        return ops.dense_backward(
            dy,
            self.x,
            self.kernel,
            activation=self.activation,
            y=self.y,
            needs=self.names_of_wanted("x", "kernel", "bias"),
        )


def dense(
    x: Operand, kernel: Operand, bias: Operand | None = None, *, activation: ActivationName = None
) -> Tensor:
    """Return activation(x @ kernel + bias); shapes and errors as in ops.dense."""
    function = DenseFunction(activation)
    return function(as_tensor(x), as_tensor(kernel), None if bias is None else as_tensor(bias))

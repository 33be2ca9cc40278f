# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable relu: max(x, 0), gradient 0 at 0."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array


class ReluFunction(Function):
    """Pairs the op with its backward; keeps y alone."""

    def forward(self, x: Array) -> Array:
        y = ops.relu(x)
        if self.recording:
            self.y = y
        return y

    def backward(self, dy: Array) -> Array:
        return ops.relu_backward(dy, self.y)


def relu(x: Operand) -> Tensor:
    """Return max(x, 0); a NaN stays NaN."""
    return ReluFunction()(as_tensor(x))

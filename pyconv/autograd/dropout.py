# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable dropout; the mask is recomputed for the gradient."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array
from pyconv.ops.dropout import NoiseShape


class DropoutFunction(Function):
    """Pairs the op with its backward; keeps the seed alone."""

    def __init__(self, rate: float, seed: int, noise_shape: NoiseShape) -> None:
        self.rate, self.seed, self.noise_shape = rate, seed, noise_shape

    def forward(self, x: Array) -> Array:
        return ops.dropout(x, self.rate, seed=self.seed, noise_shape=self.noise_shape)

    def backward(self, dy: Array) -> Array:
        return ops.dropout_backward(dy, self.rate, seed=self.seed, noise_shape=self.noise_shape)


def dropout(x: Operand, rate: float, *, seed: int, noise_shape: NoiseShape = None) -> Tensor:
    """Return x / (1 - rate) with a share of `rate` of its elements set to 0; as ops.dropout."""
    return DropoutFunction(rate, seed, noise_shape)(floating(x))

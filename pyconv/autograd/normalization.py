# SPDX-License-Identifier: BSD-3-Clause
"""The one differentiable function of normalisations with gamma and beta."""

from __future__ import annotations

from collections.abc import Callable

from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array, widened
from pyconv.ops.normalization import NORM_INPUTS, NormState, normalize_backward

NormForward = Callable[[Array, Array | None, Array | None], tuple[Array, NormState]]


class NormFunction(Function):
    """Pairs a forward with the backward they share; keeps x, gamma and float64 statistics."""

    takes_16_bits, joins_float32 = True, False
    makes_anew = True

    state: NormState

    def __init__(self, name: str, normalized: NormForward) -> None:
        self.name, self.normalized = name, normalized

    def forward(self, x: Array, gamma: Array | None, beta: Array | None) -> Array:
        gamma, beta = (None if one is None else widened(one) for one in (gamma, beta))
        y, self.state = self.normalized(x, gamma, beta)
        if self.recording:
            self.x, self.gamma = x, gamma
        return y

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        needs = self.names_of_wanted(*NORM_INPUTS)
        return normalize_backward(
            f"{self.name}_backward",
            dy,
            self.x,
            self.gamma,
            self.state,
            needs,
            over_dy=self.dy_is_spare,
        )

    def of(self, x: Operand, gamma: Operand | None, beta: Operand | None) -> Tensor:
        """Return the result for operands of any kind."""
        scale = (None if one is None else floating(one) for one in (gamma, beta))
        return self(floating(x), *scale)

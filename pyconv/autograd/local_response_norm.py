# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable local response normalisation."""

from __future__ import annotations

from typing import Any

from pyconv import ops
from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array
from pyconv.geometry import DataFormat


class LocalResponseNormFunction(Function):
    """Pairs the op with its backward; keeps x."""

    x: Array

    def __init__(self, **options: Any) -> None:
        self.options = options

    def forward(self, x: Array) -> Array:
        if self.recording:
            self.x = x
        return ops.local_response_norm(x, **self.options)

    def backward(self, dy: Array) -> Array:
        return ops.local_response_norm_backward(dy, self.x, **self.options)


def local_response_norm(
    x: Operand,
    *,
    size: int = 5,
    k: float = 2.0,
    alpha: float = 1e-4,
    beta: float = 0.75,
    data_format: DataFormat = "channels_last",
) -> Tensor:
    """Return x / (k + alpha sum x^2)^beta; shapes and errors as in ops.local_response_norm."""
    function = LocalResponseNormFunction(
        size=size, k=k, alpha=alpha, beta=beta, data_format=data_format
    )
    return function(floating(x))

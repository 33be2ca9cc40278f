# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable layer normalisation."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.autograd.normalization import NormFunction
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.ops.layer_norm import layer_norm_with_statistics


def layer_norm(
    x: Operand,
    gamma: Operand | None,
    beta: Operand | None,
    *,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
) -> Tensor:
    """Return x normalised over the axes; shapes and errors as in ops.layer_norm."""
    function = NormFunction(
        "layer_norm",
        lambda x, gamma, beta: layer_norm_with_statistics(x, gamma, beta, axis, epsilon),
    )
    return function.of(x, gamma, beta)

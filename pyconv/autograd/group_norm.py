# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable group normalisation."""

from __future__ import annotations

from pyconv.autograd.normalization import NormFunction
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.ops.group_norm import group_norm_with_statistics


def group_norm(
    x: Operand,
    gamma: Operand | None,
    beta: Operand | None,
    *,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Tensor:
    """Return x normalised in every image's groups; shapes and errors as in ops.group_norm."""
    function = NormFunction(
        "group_norm",
        lambda x, gamma, beta: group_norm_with_statistics(x, gamma, beta, groups, axis, epsilon),
    )
    return function.of(x, gamma, beta)

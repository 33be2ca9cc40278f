# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable batch normalisation."""

from __future__ import annotations

from pyconv.autograd.normalization import NormFunction
from pyconv.autograd.tensor import Operand, Tensor, array_of
from pyconv.backend import Array
from pyconv.geometry import checked_flag
from pyconv.ops.batch_norm import MOVING, batch_norm_by, batch_norm_of_batch


def batch_norm(
    x: Operand,
    gamma: Operand | None,
    beta: Operand | None,
    moving_mean: Operand | None,
    moving_variance: Operand | None,
    *,
    axis: int = -1,
    epsilon: float = 1e-3,
    training: bool = False,
) -> Tensor | tuple[Tensor, Array, Array]:
    """Return y, or while training (y, mean, biased variance); shapes and errors as in the op.

    The moving statistics and those returned are arrays: no gradient passes through them.
    """
    if checked_flag("batch_norm", "training", training):
        return batch_norm_training(x, gamma, beta, axis, epsilon)
    for name, value in zip(MOVING, (moving_mean, moving_variance), strict=True):
        if value is None:
            raise TypeError(f"batch_norm: {name} is None; must be an array unless training")
    return batch_norm_inference(x, gamma, beta, moving_mean, moving_variance, axis, epsilon)


def batch_norm_training(
    x: Operand, gamma: Operand | None, beta: Operand | None, axis: int, epsilon: float
) -> tuple[Tensor, Array, Array]:
    """Return batch_norm's results while training."""
    function = NormFunction(
        "batch_norm", lambda x, gamma, beta: batch_norm_of_batch(x, gamma, beta, axis, epsilon)
    )
    y = function.of(x, gamma, beta)
    return y, *function.state.of_channels(y.array)


def batch_norm_inference(
    x: Operand,
    gamma: Operand | None,
    beta: Operand | None,
    moving_mean: object,
    moving_variance: object,
    axis: int,
    epsilon: float,
) -> Tensor:
    """Return batch_norm's result by the moving statistics."""
    moving = (array_of(moving_mean), array_of(moving_variance))
    function = NormFunction(
        "batch_norm", lambda x, gamma, beta: batch_norm_by(x, gamma, beta, *moving, axis, epsilon)
    )
    return function.of(x, gamma, beta)

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable batch normalisation, alone and with a residual and an activation at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.normalization import NormFunction
from pyconv.autograd.tensor import Operand, Tensor, array_of
from pyconv.backend import Array
from pyconv.geometry import checked_flag
from pyconv.ops.batch_norm import MOVING, batch_norm_by, batch_norm_of_batch
from pyconv.ops.norm_end import NormEnd, normalize_to_end_backward
from pyconv.ops.normalization import NORM_INPUTS, NormState, normalize_backward

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName


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


class BatchNormToEnd(Function):
    """y = activation(batch_norm(x) + residual), of host arrays alone.

    Args:
        moving: mean and variance; None: those of the batch. activation: "relu" or "relu6".
    """

    makes_anew = True

    state: NormState
    y: Array | None = None

    def __init__(
        self,
        axis: int,
        epsilon: float,
        moving: tuple[Array, Array] | None,
        activation: ActivationName,
    ) -> None:
        self.axis, self.epsilon, self.moving = axis, epsilon, moving
        self.activation = activation

    def forward(
        self, x: Array, gamma: Array | None, beta: Array | None, residual: Array | None
    ) -> Array:
        axis, epsilon, end = self.axis, self.epsilon, NormEnd(self.activation, residual)
        if self.moving is None:
            y, self.state = batch_norm_of_batch(x, gamma, beta, axis, epsilon, end)
        else:
            mean, variance = self.moving
            y, self.state = batch_norm_by(x, gamma, beta, mean, variance, axis, epsilon, end)
        if self.recording:
            self.x, self.scale = x, (gamma, beta)
            self.y = None if residual is None else y
        return y

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        needs = self.names_of_wanted(*NORM_INPUTS)
        name = "batch_norm_backward"
        if self.activation is None:  # handed over
            return *normalize_backward(name, dy, self.x, self.scale[0], self.state, needs), dy
        return normalize_to_end_backward(
            name,
            dy,
            self.x,
            self.scale,
            self.state,
            self.activation,
            self.y,
            needs,
            over_dy=self.dy_is_spare,
        )

    def hand_over(self) -> ActivationName:
        handed, self.activation, self.y = self.activation, None, None
        self.makes_anew = False  # dy itself passes on to the residual
        return handed

    def of(
        self, x: Tensor, gamma: Tensor | None, beta: Tensor | None, residual: Tensor | None
    ) -> Tensor:
        """Return the result for Tensors."""
        scale = (None if one is None else floating(one) for one in (gamma, beta))
        return self(x, *scale, residual)

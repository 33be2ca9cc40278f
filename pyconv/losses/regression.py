# SPDX-License-Identifier: BSD-3-Clause
"""Losses of numbers: means over the last axis of a function of the error y_pred - y_true."""

from __future__ import annotations

from typing import Any

from pyconv.arguments import finite_number
from pyconv.autograd import Tensor, absolute, clip, mean
from pyconv.backend import Array
from pyconv.losses.loss import Loss


class MeanSquaredError(Loss):
    """The mean square of the errors.

    Source: Keras MeanSquaredError.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_squared_error",
    ) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        error = y_pred - y_true
        return mean(error * error, -1)


class MeanAbsoluteError(Loss):
    """The mean size of the errors.

    Source: Keras MeanAbsoluteError.
    """

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str = "mean_absolute_error",
    ) -> None:
        super().__init__(name, reduction)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        return mean(absolute(y_pred - y_true), -1)


class Huber(Loss):
    """The mean of e^2 / 2 where |e| <= delta, of delta (|e| - delta / 2) beyond.

    Args:
        delta: where the parabola becomes a line, > 0.
    Source: Keras Huber.
    """

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "huber_loss",
    ) -> None:
        super().__init__(name, reduction)
        self.delta = finite_number("Huber", "delta", delta, above=0)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        size = absolute(y_pred - y_true)
        curved = clip(size, 0.0, self.delta)
        return mean(curved * curved * 0.5 + (size - curved) * self.delta, -1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "delta": self.delta}


def mean_squared_error(y_true: object, y_pred: object) -> Tensor:
    """Return MeanSquaredError's loss per sample."""
    return MeanSquaredError("none")(y_true, y_pred)


def mean_absolute_error(y_true: object, y_pred: object) -> Tensor:
    """Return MeanAbsoluteError's loss per sample."""
    return MeanAbsoluteError("none")(y_true, y_pred)


def huber(y_true: object, y_pred: object, delta: float = 1.0) -> Tensor:
    """Return Huber's loss per sample."""
    return Huber(delta, "none")(y_true, y_pred)

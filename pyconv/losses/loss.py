# SPDX-License-Identifier: BSD-3-Clause
"""What all losses share: a loss per sample, its reduction, and the check of the targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.autograd import Tensor, array_of, as_tensor, mean
from pyconv.autograd import sum as total
from pyconv.backend import Array

Shape = tuple[int, ...]
REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "none")


class Loss:
    """A loss of targets and predictions; a subclass defines `call`: one value per sample."""

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        reduction = "none" if reduction is None else reduction
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"{type(self).__name__}: reduction={reduction!r}; must be one of {REDUCTIONS}"
            )
        self.name = name
        self.reduction = reduction

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        """Return the loss per sample; targets have passed `targets`."""
        raise NotImplementedError(f"{type(self).__name__} must define call(y_true, y_pred)")

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        """Return labels in the form `call` takes, checked against the outputs' shape.

        (n,) against outputs (n, 1) gains the axis; no other broadcasting.
        """
        y = aligned(array_of(y), output_shape)
        if y.shape != output_shape:
            raise ValueError(
                f"{self.name}: labels of shape {y.shape}; must be {output_shape} as the outputs"
            )
        return y.astype(dtype, copy=False)

    def __call__(self, y_true: object, y_pred: object) -> Tensor:
        predictions = as_tensor(y_pred)
        targets = self.targets(array_of(y_true), predictions.shape, predictions.dtype)
        return self.reduce(self.call(targets, predictions))

    def reduce(self, losses: Tensor) -> Tensor:
        if self.reduction == "none":
            return losses
        return total(losses) if self.reduction == "sum" else mean(losses)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        return cls(**config)


class LossFunctionWrapper(Loss):
    """A user's function (y_true, y_pred) -> loss per sample, as a Loss."""

    def __init__(self, function: Callable[[Any, Tensor], Any]) -> None:
        super().__init__(getattr(function, "__name__", "loss"))
        self.function = function

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        return aligned(array_of(y), output_shape)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        return as_tensor(self.function(y_true, y_pred))


def aligned(y: Array, output_shape: Shape) -> Array:
    """Return labels (n,) as (n, 1) where the outputs are (n, 1)."""
    return y[..., None] if (*y.shape, 1) == output_shape else y

# SPDX-License-Identifier: BSD-3-Clause
"""What all losses share: a loss per sample, its reduction, and the check of the targets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.arguments import one_of
from pyconv.autograd import Tensor, array_of, as_tensor, cast, mean
from pyconv.autograd import sum as total
from pyconv.backend import Array, computes_in_16_bits, precision

Shape = tuple[int, ...]
REDUCTIONS = ("sum_over_batch_size", "mean", "mean_with_sample_weight", "sum", "none")


class Loss:
    """A loss of targets and predictions; a subclass defines `call`: one value per sample.

    Args:
        reduction: "sum_over_batch_size" and "mean" divide the weighted sum by the number of values,
            "mean_with_sample_weight" by the sum of the weights; "sum"; "none" or None.
    Source: Keras Loss.
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size"
    ) -> None:
        reduction = "none" if reduction is None else reduction
        kind = type(self).__name__
        if name is not None and not isinstance(name, str):
            raise TypeError(f"{kind}: name={name!r}; must be a string")
        self.name = name
        self.reduction = one_of(kind, "reduction", reduction, REDUCTIONS)

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

    def valid(self, y_true: Array) -> Array | None:
        """Return 1 where a loss per sample counts and 0 where it does not; None where all do."""
        return None

    def __call__(
        self, y_true: object, y_pred: object, sample_weight: object | None = None
    ) -> Tensor:
        """Return the reduced loss.

        Args:
            sample_weight: (n,), or the shape of the losses per sample up to some axis.
        """
        predictions = as_tensor(y_pred)
        targets = self.targets(array_of(y_true), predictions.shape, predictions.dtype)
        weights = None if sample_weight is None else array_of(sample_weight)
        return self.reduced(targets, predictions, weights)

    def reduced(self, targets: Array, y_pred: Tensor, sample_weight: Array | None = None) -> Tensor:
        """Return the reduced loss of targets that have passed `targets`."""
        losses, valid = self.call(targets, _wide(y_pred)), self.valid(targets)
        if sample_weight is None and valid is None:
            return self.reduce(losses)
        weights = np.ones_like(losses.array)
        if valid is not None:
            share = losses.size / max(float(valid.sum()), 1.0)
            averaged = self.reduction in ("sum_over_batch_size", "mean")
            weights = weights * valid * losses.dtype.type(share if averaged else 1.0)
        if sample_weight is not None:
            name = self.name or type(self).__name__
            weights = weights * along(name, sample_weight, losses.shape).astype(losses.dtype)
        if self.reduction == "mean_with_sample_weight":
            count = float(weights.sum())
            return total(losses * weights) * (1.0 / count if count else 0.0)
        return self.reduce(losses * weights)

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

    def __init__(
        self,
        fn: Callable[[Any, Tensor], Any],
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
    ) -> None:
        super().__init__(name or getattr(fn, "__name__", "loss"), reduction)
        self.fn = fn

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        return aligned(array_of(y), output_shape)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        loss = self.fn(y_true, y_pred)
        if isinstance(loss, Tensor):
            return loss
        return Tensor.wrap(array_of(loss, f"{self.name}: what the loss function returned"))


def _wide(y_pred: Tensor) -> Tensor:
    """Return predictions of 16 bits as float32, with the logits they were made from."""
    if not (precision.in_use and computes_in_16_bits(y_pred.array)):
        return y_pred
    wide = cast(y_pred, np.float32)
    if y_pred.made_from is not None:
        kind, logits = y_pred.made_from
        wide.made_from = kind, cast(logits, np.float32)
    return wide


def aligned(y: Array, output_shape: Shape) -> Array:
    """Return labels (n,) as (n, 1) where the outputs are (n, 1)."""
    return y[..., None] if (*y.shape, 1) == output_shape else y


def along(function: str, weights: Array, shape: Shape) -> Array:
    """Return weights of the leading axes of `shape` such that they broadcast over the rest.

    A last axis of size 1 more than `shape` has is dropped.
    Raises:
        ValueError: another shape.
    """
    rank = len(shape)
    if weights.ndim == rank + 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    fits = weights.ndim <= rank and all(
        a in (b, 1) for a, b in zip(weights.shape, shape[: weights.ndim], strict=True)
    )
    if not fits and rank:
        raise ValueError(
            f"{function}: sample_weight.shape={weights.shape}; must be the first sizes of {shape}"
        )
    return weights if not rank else weights.reshape(weights.shape + (1,) * (rank - weights.ndim))

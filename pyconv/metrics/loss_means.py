# SPDX-License-Identifier: BSD-3-Clause
"""Losses as metrics: their mean over all samples given so far."""

from __future__ import annotations

import math
from typing import Any

from pyconv import losses
from pyconv.autograd import array_of, as_tensor, no_recording
from pyconv.autograd.elementwise import floating
from pyconv.losses import Loss
from pyconv.losses.loss import aligned, along
from pyconv.metrics.metric import MeanOfSamples, checked_dtype


class MeanOfLoss(MeanOfSamples):
    """The mean of a loss per sample; its options are the loss's."""

    direction = "min"

    def __init__(self, loss: Loss, name: str) -> None:
        super().__init__(name)
        self.loss = loss

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        # Not arrays: a loss finds the logits of a softmax or sigmoid at the Tensor.
        with no_recording():
            values = self.loss(y_true, as_tensor(y_pred)).array
        # Unweighted, what a loss leaves out counts as 0, as in Keras.
        valid = None if sample_weight is None else self.loss.valid(array_of(y_true))
        if valid is not None:
            weights = along(self.name, array_of(sample_weight), values.shape)
            sample_weight = weights * valid.reshape(values.shape)
        self.gather(values, sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = self.loss.get_config()
        return {**{k: v for k, v in config.items() if k != "reduction"}, "name": self.name}


class MeanSquaredError(MeanOfLoss):
    """The mean square of the errors. Source: Keras MeanSquaredError."""

    def __init__(self, name: str = "mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(losses.MeanSquaredError("none"), name)
        self.dtype = checked_dtype(self.name, dtype)


class RootMeanSquaredError(MeanSquaredError):
    """The root of the mean square of the errors; weights are of samples or of single errors.

    Source: Keras RootMeanSquaredError.
    """

    def __init__(self, name: str = "root_mean_squared_error", dtype: str | None = None) -> None:
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        outputs = floating(y_pred).array
        labels = aligned(array_of(y_true), outputs.shape)
        if labels.shape == (*outputs.shape, 1):
            labels = labels[..., 0]
        if labels.shape != outputs.shape:
            raise ValueError(
                f"{self.name}: labels of shape {labels.shape}; must be {outputs.shape} "
                "as the outputs"
            )
        self.gather((outputs - labels) ** 2, sample_weight)

    def result(self) -> float:
        return math.sqrt(super().result())


class MeanAbsoluteError(MeanOfLoss):
    """The mean size of the errors. Source: Keras MeanAbsoluteError."""

    def __init__(self, name: str = "mean_absolute_error", dtype: str | None = None) -> None:
        super().__init__(losses.MeanAbsoluteError("none"), name)
        self.dtype = checked_dtype(self.name, dtype)


class KLDivergence(MeanOfLoss):
    """The mean Kullback-Leibler divergence. Source: Keras KLDivergence."""

    def __init__(self, name: str = "kl_divergence", dtype: str | None = None) -> None:
        super().__init__(losses.KLDivergence("none"), name)
        self.dtype = checked_dtype(self.name, dtype)


class BinaryCrossentropy(MeanOfLoss):
    """The mean binary cross-entropy. Source: Keras BinaryCrossentropy."""

    def __init__(
        self,
        name: str = "binary_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        loss = losses.BinaryCrossentropy(from_logits, label_smoothing, axis, "none")
        super().__init__(loss, name)
        self.dtype = checked_dtype(self.name, dtype)


class CategoricalCrossentropy(MeanOfLoss):
    """The mean cross-entropy against one-hot labels. Source: Keras CategoricalCrossentropy."""

    def __init__(
        self,
        name: str = "categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
    ) -> None:
        loss = losses.CategoricalCrossentropy(from_logits, label_smoothing, axis, "none")
        super().__init__(loss, name)
        self.dtype = checked_dtype(self.name, dtype)


class SparseCategoricalCrossentropy(MeanOfLoss):
    """The mean cross-entropy against class numbers.

    Samples of ignore_class count as 0; with weights they are left out.
    Source: Keras SparseCategoricalCrossentropy.
    """

    def __init__(
        self,
        name: str = "sparse_categorical_crossentropy",
        dtype: str | None = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        loss = losses.SparseCategoricalCrossentropy(from_logits, ignore_class, "none", axis)
        super().__init__(loss, name)
        self.dtype = checked_dtype(self.name, dtype)

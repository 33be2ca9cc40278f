# SPDX-License-Identifier: BSD-3-Clause
"""F-scores: (1 + b^2) precision recall / (b^2 precision + recall), per class or averaged."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import finite_number, one_of, plain_number
from pyconv.autograd import array_of
from pyconv.backend import Array
from pyconv.losses.loss import along
from pyconv.metrics.metric import Metric, checked_dtype, same_shape

AVERAGES = (None, "micro", "macro", "weighted")
EPSILON = 1e-7  # added to denominators


class FBetaScore(Metric):
    """The F-score of outputs (n, classes) against one-hot or multi-hot labels.

    Args:
        average: None for one value per class, "micro" for counts over all classes, "macro" for the
            mean, "weighted" for the mean weighted by the classes' frequency.
        beta: > 0; how much more recall counts than precision.
        threshold: outputs above say yes; by default the row's largest does.
    Source: Keras FBetaScore.
    """

    slots = ("true_positives", "false_positives", "false_negatives")
    direction = "max"
    true_positives: Array
    false_positives: Array
    false_negatives: Array

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str = "fbeta_score",
        dtype: str | None = None,
    ) -> None:
        kind = type(self).__name__
        if average is not None:
            one_of(kind, "average", average, [x for x in AVERAGES if x is not None])
        if threshold is not None and not 0 < plain_number(kind, "threshold", threshold) <= 1:
            raise ValueError(f"{kind}: threshold={threshold}; must be in (0, 1]")
        self.average, self.threshold = average, threshold
        self.beta = finite_number(kind, "beta", beta, above=0)
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def reset_state(self) -> None:
        for slot in self.slots:
            setattr(self, slot, np.zeros(()))

    def set_state(self, state: dict[str, Array]) -> None:
        for slot in self.slots:
            setattr(self, slot, np.array(state[slot], np.float64))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        predictions = array_of(y_pred)
        if predictions.ndim != 2:
            raise ValueError(f"{self.name}: outputs of shape {predictions.shape}; must be (n, k)")
        labels = same_shape(self.name, array_of(y_true), predictions).astype(np.float64)
        if self.threshold is None:
            largest = predictions.max(axis=-1, keepdims=True)
            yes = (predictions >= largest) & (np.abs(predictions) > 1e-9)
        else:
            yes = predictions > self.threshold
        weights = np.ones((1, 1))
        if sample_weight is not None:
            weights = along(self.name, array_of(sample_weight), predictions.shape)
        axis = None if self.average == "micro" else 0
        for slot, hits in zip(
            self.slots, (yes * labels, yes * (1 - labels), (1 - yes) * labels), strict=True
        ):
            setattr(self, slot, getattr(self, slot) + (hits * weights).sum(axis=axis))

    def result(self) -> Any:
        tp = self.true_positives
        precision = tp / (tp + self.false_positives + EPSILON)
        recall = tp / (tp + self.false_negatives + EPSILON)
        square = self.beta**2
        score = (1 + square) * precision * recall / (square * precision + recall + EPSILON)
        if self.average == "weighted":
            counts = tp + self.false_negatives
            return float((score * counts / (counts.sum() + EPSILON)).sum())
        return np.asarray(score) if self.average is None else float(np.mean(score))

    def get_config(self) -> dict[str, Any]:
        own = {"average": self.average, "beta": self.beta, "threshold": self.threshold}
        return {**super().get_config(), **own}


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall.

    Source: Keras F1Score.
    """

    def __init__(
        self,
        average: str | None = None,
        threshold: float | None = None,
        name: str = "f1_score",
        dtype: str | None = None,
    ) -> None:
        super().__init__(average, 1.0, threshold, name)
        self.dtype = checked_dtype(self.name, dtype)

    def get_config(self) -> dict[str, Any]:
        return {key: value for key, value in super().get_config().items() if key != "beta"}

# SPDX-License-Identifier: BSD-3-Clause
"""Area under the ROC or the precision-recall curve, from counts at fixed thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.arguments import checked_flag, one_of, plain_number
from pyconv.autograd import array_of, sigmoid
from pyconv.backend import Array
from pyconv.losses.loss import along
from pyconv.metrics.confusion import COUNTS, confusion_at, ratio
from pyconv.metrics.metric import Metric, checked_dtype, same_shape

EDGE = 1e-7  # the outer thresholds stand this far outside of [0, 1]
CURVES = ("ROC", "PR")
SUMMATIONS = ("interpolation", "minoring", "majoring")
MOST_THRESHOLDS = 1 << 24


class AUC(Metric):
    """Area under a curve of predictions 0 to 1 against labels 0 and 1.

    Args:
        num_thresholds: evenly spaced over [0, 1], at least 2.
        curve: "ROC", or "PR" for precision over recall.
        summation_method: "interpolation", "minoring" (a lower bound), "majoring" (an upper bound).
        thresholds: inner thresholds of one's own instead.
        multi_label: the mean of the areas of the columns of (n, labels), not one of all elements.
        num_labels: labels with multi_label; by default seen in the first batch.
        label_weights: weights of the columns.
        from_logits: predictions are logits of a sigmoid.
    Source: Keras AUC; Davis and Goadrich, 2006.
    """

    slots = COUNTS
    direction = "max"
    true_positives: Array
    false_positives: Array
    true_negatives: Array
    false_negatives: Array

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: str | None = None,
        thresholds: Sequence[float] | None = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Sequence[float] | None = None,
        from_logits: bool = False,
    ) -> None:
        one_of("AUC", "curve", curve, CURVES)
        one_of("AUC", "summation_method", summation_method, SUMMATIONS)
        checked_flag("AUC", "multi_label", multi_label)
        if num_labels is not None and not multi_label:
            raise ValueError(f"AUC: num_labels={num_labels}; needs multi_label=True")
        self.curve, self.summation_method = curve, summation_method
        self.multi_label, self.num_labels = multi_label, num_labels
        self.label_weights = None
        if label_weights is not None:
            self.label_weights = _numbers("label_weights", label_weights)
        self.from_logits = checked_flag("AUC", "from_logits", from_logits)
        self.given = None if thresholds is None else sorted(_numbers("thresholds", thresholds))
        inner = _even(num_thresholds) if self.given is None else self.given
        if not all(0 <= t <= 1 for t in inner):
            raise ValueError(f"AUC: thresholds={thresholds!r}; must be in [0, 1]")
        self.thresholds = np.array([-EDGE, *inner, 1 + EDGE])
        self.num_thresholds = len(self.thresholds)
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def reset_state(self) -> None:
        shape = (self.num_thresholds, self.num_labels or 1) if self.multi_label else ()
        for slot in self.slots:
            setattr(self, slot, np.zeros(shape or self.num_thresholds))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        predictions = array_of(sigmoid(y_pred) if self.from_logits else y_pred)
        labels = same_shape(self.name, array_of(y_true), predictions)
        if ((predictions < 0) | (predictions > 1)).any():
            raise ValueError(f"{self.name}: predictions must be in [0, 1]; or from_logits=True")
        weights = np.ones(())
        if sample_weight is not None:
            weights = along(self.name, array_of(sample_weight), predictions.shape)
        weights = np.broadcast_to(weights, predictions.shape)
        if self.multi_label:
            self._update_columns(labels, predictions, weights)
            return
        if self.label_weights is not None:
            self._check_columns(predictions.shape, len(self.label_weights))
            weights = weights * np.array(self.label_weights)
        self._add(confusion_at(self.thresholds, labels, predictions, weights))

    def _update_columns(self, labels: Array, predictions: Array, weights: Array) -> None:
        if self.num_labels is None and predictions.ndim == 2:
            self.num_labels = predictions.shape[1]
            self.reset_state()
        self._check_columns(predictions.shape, self.num_labels)
        columns = [
            confusion_at(self.thresholds, labels[:, i], predictions[:, i], weights[:, i])
            for i in range(predictions.shape[1])
        ]
        self._add([np.stack(counts, axis=1) for counts in zip(*columns, strict=True)])

    def _check_columns(self, shape: tuple[int, ...], columns: int | None) -> None:
        if len(shape) != 2 or shape[1] != columns:
            raise ValueError(f"{self.name}: predictions of shape {shape}; must be (n, {columns})")

    def _add(self, counts: Sequence[Array]) -> None:
        for slot, count in zip(COUNTS, counts, strict=True):
            setattr(self, slot, getattr(self, slot) + count)

    def result(self) -> float:
        if self.curve == "PR" and self.summation_method == "interpolation":
            parts = self._interpolated_precision()
        else:
            x, y = self._curve()
            if self.summation_method == "interpolation":
                heights = (y[:-1] + y[1:]) / 2
            else:
                lower = self.summation_method == "minoring"
                heights = (np.minimum if lower else np.maximum)(y[:-1], y[1:])
            parts = (x[:-1] - x[1:]) * heights
        areas = parts.sum(axis=0)
        if not self.multi_label:
            return float(areas)
        return float(np.average(areas, weights=self.label_weights))

    def _curve(self) -> tuple[Array, Array]:
        tp, fp = self.true_positives, self.false_positives
        recall = ratio(tp, tp + self.false_negatives)
        if self.curve == "ROC":
            return ratio(fp, fp + self.true_negatives), recall
        return recall, ratio(tp, tp + fp)

    def _interpolated_precision(self) -> Array:
        """Return the area of each interval, in which true and all positives change linearly."""
        tp, p = self.true_positives, self.true_positives + self.false_positives
        dtp = tp[:-1] - tp[1:]
        slope = ratio(dtp, np.maximum(p[:-1] - p[1:], 0))
        intercept = tp[1:] - slope * p[1:]
        both = (p[:-1] > 0) & (p[1:] > 0)
        growth = np.where(both, ratio(p[:-1], p[1:]), 1.0)
        total = tp[1:] + self.false_negatives[1:]
        return ratio(slope * (dtp + intercept * np.log(growth)), total)

    def get_config(self) -> dict[str, Any]:
        config = {
            **super().get_config(),
            "num_thresholds": self.num_thresholds,
            "curve": self.curve,
            "summation_method": self.summation_method,
            "multi_label": self.multi_label,
            "num_labels": self.num_labels,
            "label_weights": self.label_weights,
            "from_logits": self.from_logits,
        }
        return config if self.given is None else {**config, "thresholds": self.given}


def _numbers(argument: str, values: Any) -> list[float]:
    if not isinstance(values, (list, tuple, np.ndarray)):
        raise TypeError(f"AUC: {argument}={values!r}; must be a list of numbers")
    return [plain_number("AUC", argument, value) for value in values]


def _even(num_thresholds: int) -> list[float]:
    """Return the thresholds between 0 and 1, ends left out."""
    whole = isinstance(num_thresholds, (int, np.integer)) and not isinstance(num_thresholds, bool)
    if not whole or not 2 <= num_thresholds <= MOST_THRESHOLDS:
        raise ValueError(
            f"AUC: num_thresholds={num_thresholds!r}; must be an integer > 1 and <= "
            f"{MOST_THRESHOLDS}"
        )
    return [(i + 1) / (num_thresholds - 1) for i in range(num_thresholds - 2)]

# SPDX-License-Identifier: BSD-3-Clause
"""Counts of right and wrong yes and no at thresholds, and the ratios of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.autograd import array_of
from pyconv.backend import Array
from pyconv.losses.loss import along
from pyconv.metrics.metric import Metric, checked_dtype, same_shape

COUNTS = ("true_positives", "false_positives", "true_negatives", "false_negatives")
LOWEST = -1e10  # below every prediction: with top_k the k largest count, whatever their values


class ConfusionCounts(Metric):
    """The four counts at each threshold; a prediction above the threshold says yes.

    Args:
        thresholds: one number or several, 0.5 by default.
        top_k: of each sample only the k largest predictions may say yes.
        class_id: only this place of the last axis counts.
    """

    slots = COUNTS
    true_positives: Array
    false_positives: Array
    true_negatives: Array
    false_negatives: Array

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        kind = type(self).__name__
        for argument, value, least in (("top_k", top_k, 1), ("class_id", class_id, 0)):
            whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
            if value is not None and not (whole and value >= least):
                raise ValueError(f"{kind}: {argument}={value!r}; must be an integer >= {least}")
        default = 0.5 if top_k is None else LOWEST
        given = thresholds_of(kind, default if thresholds is None else thresholds)
        if thresholds is not None and not (given.size and ((given >= 0) & (given <= 1)).all()):
            raise ValueError(f"{kind}: thresholds={thresholds!r}; must be in [0, 1]")
        self.init_thresholds, self.thresholds = thresholds, given
        self.top_k, self.class_id = top_k, class_id
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def reset_state(self) -> None:
        for slot in self.slots:
            setattr(self, slot, np.zeros(len(self.thresholds)))

    def set_state(self, state: dict[str, Array]) -> None:
        for slot in self.slots:
            setattr(self, slot, np.array(state[slot], np.float64))

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        predictions = array_of(y_pred)
        labels = same_shape(self.name, array_of(y_true), predictions)
        weights = np.ones(())
        if sample_weight is not None:
            weights = along(self.name, array_of(sample_weight), predictions.shape)
        weights = np.broadcast_to(weights, predictions.shape)
        if self.top_k is not None:
            predictions = _largest(predictions, self.top_k)
        if self.class_id is not None:
            if self.class_id >= predictions.shape[-1]:
                raise ValueError(
                    f"{self.name}: class_id={self.class_id}; must be < {predictions.shape[-1]}"
                )
            predictions, labels, weights = (
                a[..., self.class_id] for a in (predictions, labels, weights)
            )
        found = confusion_at(self.thresholds, labels, predictions, weights)
        for slot, count in zip(COUNTS, found, strict=True):
            setattr(self, slot, getattr(self, slot) + count)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "thresholds": self.init_thresholds,
            "top_k": self.top_k,
            "class_id": self.class_id,
        }


def thresholds_of(kind: str, thresholds: Any) -> Array:
    """Return one number or several as an array."""
    try:
        return np.array(thresholds, np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{kind}: thresholds={thresholds!r}; must be numbers") from None


def confusion_at(
    thresholds: Array, labels: Array, predictions: Array, weights: Array
) -> tuple[Array, Array, Array, Array]:
    """Return weighted true and false positives, true and false negatives at each threshold."""
    if predictions.dtype.kind == "f":
        thresholds = thresholds.astype(predictions.dtype)  # 0.3 is not above the threshold 0.3
    order = np.argsort(thresholds, kind="stable")
    below = np.searchsorted(thresholds[order], predictions.reshape(-1), side="left")
    yes = labels.reshape(-1).astype(bool)
    flat = np.asarray(weights, np.float64).reshape(-1)
    places = len(thresholds) + 1
    found = []
    for chosen in (yes, ~yes):  # a prediction with b thresholds below it is above the first b
        counts = np.bincount(below[chosen], flat[chosen], minlength=places)
        above = counts[::-1].cumsum()[::-1]
        positives = np.empty(len(thresholds))
        positives[order] = above[1:]
        found.append((positives, above[0] - positives))
    (tp, fn), (fp, tn) = found
    return tp, fp, tn, fn


def _largest(predictions: Array, k: int) -> Array:
    """Return predictions with all but the k largest of each row put below every threshold."""
    order = np.argsort(-predictions, axis=-1, kind="stable")
    kept = np.array(predictions)
    np.put_along_axis(kept, order[..., k:], LOWEST, axis=-1)
    return kept


def ratio(part: Array, whole: Array) -> Array:
    """Return part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(whole)), where=whole != 0)


class _Ratio(ConfusionCounts):
    """True positives over themselves and one kind of error."""

    direction = "max"
    errors = ""

    def result(self) -> Any:
        found = ratio(self.true_positives, self.true_positives + getattr(self, self.errors))
        return float(found[0]) if len(found) == 1 else found


class Precision(_Ratio):
    """The share of right ones among predicted yes; one value per threshold.

    Source: Keras Precision.
    """

    errors = "false_positives"


class Recall(_Ratio):
    """The share of real yes that are predicted; one value per threshold.

    Source: Keras Recall.
    """

    errors = "false_negatives"


class _Count(ConfusionCounts):
    """One of the four counts."""

    counted = ""

    def __init__(
        self,
        thresholds: float | Sequence[float] | None = None,
        name: str | None = None,
        dtype: str | None = None,
    ) -> None:
        super().__init__(thresholds, name=name)
        self.dtype = checked_dtype(self.name, dtype)

    def result(self) -> Any:
        found = getattr(self, self.counted)
        return float(found[0]) if len(found) == 1 else found

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "thresholds": self.init_thresholds}


class TruePositives(_Count):
    """Predicted yes that are. Source: Keras TruePositives."""

    counted, direction = "true_positives", "max"


class FalsePositives(_Count):
    """Predicted yes that are not. Source: Keras FalsePositives."""

    counted, direction = "false_positives", "min"


class TrueNegatives(_Count):
    """Predicted no that are. Source: Keras TrueNegatives."""

    counted, direction = "true_negatives", "max"


class FalseNegatives(_Count):
    """Predicted no that are not. Source: Keras FalseNegatives."""

    counted, direction = "false_negatives", "min"

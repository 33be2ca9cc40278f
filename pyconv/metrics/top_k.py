# SPDX-License-Identifier: BSD-3-Clause
"""Top-k accuracy: the share of samples whose label is among the k largest outputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.backend import Array
from pyconv.metrics.accuracy import class_labels
from pyconv.metrics.metric import MeanOfSamples, checked_dtype, same_shape


class _TopK(MeanOfSamples):
    """Keeps k."""

    direction = "max"

    def __init__(self, k: int, name: str) -> None:
        super().__init__(name)
        if isinstance(k, bool) or not isinstance(k, (int, np.integer)) or k < 1:
            raise ValueError(f"{name}: k={k!r}; must be an integer >= 1")
        self.k = int(k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "k": self.k}


class TopKCategoricalAccuracy(_TopK):
    """Top-k accuracy against one-hot labels.

    Source: Keras TopKCategoricalAccuracy.
    """

    def __init__(
        self, k: int = 5, name: str = "top_k_categorical_accuracy", dtype: str | None = None
    ) -> None:
        super().__init__(k, name)
        self.dtype = checked_dtype(self.name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        labels = np.argmax(same_shape(self.name, y_true, y_pred), axis=-1)
        return in_top_k(labels, y_pred, self.k)


class SparseTopKCategoricalAccuracy(_TopK):
    """Top-k accuracy against integer labels (...,) or (..., 1).

    Args:
        from_sorted_ids: the outputs are class numbers already, the best first.
    Source: Keras SparseTopKCategoricalAccuracy.
    """

    def __init__(
        self,
        k: int = 5,
        name: str = "sparse_top_k_categorical_accuracy",
        dtype: str | None = None,
        *,
        from_sorted_ids: bool = False,
    ) -> None:
        super().__init__(k, name)
        self.dtype = checked_dtype(self.name, dtype)
        self.from_sorted_ids = from_sorted_ids

    def values(self, y_true: Array, y_pred: Array) -> Array:
        labels = class_labels(self.name, y_true, y_pred)
        if self.from_sorted_ids:
            found: Array = (y_pred[..., : self.k] == labels[..., None]).any(axis=-1)
            return found
        return in_top_k(labels, y_pred, self.k)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_sorted_ids": self.from_sorted_ids}


def in_top_k(labels: Array, y_pred: Array, k: int) -> Array:
    """Tell where fewer than k outputs are larger than the label's, which must be finite."""
    places = labels.astype(np.int64)[..., None]
    inside = (places >= 0) & (places < y_pred.shape[-1])
    own = np.take_along_axis(y_pred, np.where(inside, places, 0), axis=-1)
    hits: Array = ((y_pred > own).sum(axis=-1) < k) & inside[..., 0] & np.isfinite(own[..., 0])
    return hits

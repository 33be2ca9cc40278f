# SPDX-License-Identifier: BSD-3-Clause
"""Accuracy in its kinds: the share of samples whose prediction is the label."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import plain_number
from pyconv.backend import Array
from pyconv.metrics.metric import MeanOfSamples, Metric, checked_dtype, same_shape


class Accuracy(MeanOfSamples):
    """How often predictions equal labels, element by element.

    Source: Keras Accuracy.
    """

    direction = "max"

    def __init__(self, name: str = "accuracy", dtype: str | None = None) -> None:
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        hits: Array = same_shape(self.name, y_true, y_pred) == y_pred
        return hits


class BinaryAccuracy(MeanOfSamples):
    """How often a prediction stands on the side of the threshold that its label 0 or 1 says.

    Source: Keras BinaryAccuracy.
    """

    direction = "max"

    def __init__(
        self, name: str = "binary_accuracy", dtype: str | None = None, threshold: float = 0.5
    ) -> None:
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)
        self.threshold = plain_number(name, "threshold", threshold)
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"{name}: threshold={threshold}; must be in [0, 1]")

    def values(self, y_true: Array, y_pred: Array) -> Array:
        hits: Array = same_shape(self.name, y_true, y_pred) == (y_pred > self.threshold)
        return hits

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "threshold": self.threshold}


class CategoricalAccuracy(MeanOfSamples):
    """How often the largest output stands where the one-hot label has its largest.

    Source: Keras CategoricalAccuracy.
    """

    direction = "max"

    def __init__(self, name: str = "categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        labels = same_shape(self.name, y_true, y_pred)
        hits: Array = np.argmax(labels, axis=-1) == np.argmax(y_pred, axis=-1)
        return hits


class SparseCategoricalAccuracy(MeanOfSamples):
    """How often the largest output stands where the integer label says.

    Source: Keras SparseCategoricalAccuracy.
    """

    direction = "max"

    def __init__(self, name: str = "sparse_categorical_accuracy", dtype: str | None = None) -> None:
        super().__init__(name)
        self.dtype = checked_dtype(self.name, dtype)

    def values(self, y_true: Array, y_pred: Array) -> Array:
        hits: Array = class_labels(self.name, y_true, y_pred) == np.argmax(y_pred, axis=-1)
        return hits


def class_labels(name: str, y_true: Array, y_pred: Array) -> Array:
    """Return integer labels (...,) or (..., 1) of outputs (..., classes) as (...,)."""
    if y_true.shape == (*y_pred.shape[:-1], 1):
        y_true = y_true[..., 0]
    if y_true.shape != y_pred.shape[:-1]:
        raise ValueError(f"{name}: labels of shape {y_true.shape}; must be {y_pred.shape[:-1]}")
    return y_true


def accuracy_for(name: str, label_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> Metric:
    """Return the accuracy that "accuracy" means for labels and outputs of these shapes.

    Binary for one output unit; sparse where labels have lower rank or one element at the end; else
    categorical.
    """
    if output_shape[-1] == 1:
        return BinaryAccuracy(name)
    if len(label_shape) < len(output_shape) or label_shape[-1] == 1:
        return SparseCategoricalAccuracy(name)
    return CategoricalAccuracy(name)

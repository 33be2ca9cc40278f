# SPDX-License-Identifier: BSD-3-Clause
"""Metrics by Keras's names."""

from __future__ import annotations

from typing import Any

from pyconv.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    accuracy_for,
)
from pyconv.metrics.metric import Mean, MeanOfSamples, Metric
from pyconv.registry import Registry

registry: Registry[Metric] = Registry(
    "metrics",
    Metric,
    (Accuracy, BinaryAccuracy, CategoricalAccuracy, Mean, SparseCategoricalAccuracy),
)
serialize = registry.serialize
deserialize = registry.deserialize
ACCURACY_NAMES = ("accuracy", "acc")


def get(identifier: Any, label_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> Metric:
    """Return the metric of a name, a configuration or a Metric.

    "accuracy" and "acc" become the accuracy that labels and outputs of these shapes ask for, under
    the name given.
    """
    if isinstance(identifier, str) and identifier in ACCURACY_NAMES:
        return accuracy_for(identifier, label_shape, output_shape)
    return registry.get(identifier)


__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "Mean",
    "MeanOfSamples",
    "Metric",
    "SparseCategoricalAccuracy",
    "accuracy_for",
    "deserialize",
    "get",
    "serialize",
]

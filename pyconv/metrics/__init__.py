# SPDX-License-Identifier: BSD-3-Clause
"""Metrics by Keras's names."""

from __future__ import annotations

from typing import Any

from pyconv import losses
from pyconv.losses import Loss
from pyconv.metrics.accuracy import (
    Accuracy,
    BinaryAccuracy,
    CategoricalAccuracy,
    SparseCategoricalAccuracy,
    accuracy_for,
)
from pyconv.metrics.auc import AUC
from pyconv.metrics.confusion import (
    FalseNegatives,
    FalsePositives,
    Precision,
    Recall,
    TrueNegatives,
    TruePositives,
)
from pyconv.metrics.f_score import F1Score, FBetaScore
from pyconv.metrics.loss_means import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    KLDivergence,
    MeanAbsoluteError,
    MeanOfLoss,
    MeanSquaredError,
    RootMeanSquaredError,
    SparseCategoricalCrossentropy,
)
from pyconv.metrics.metric import Mean, MeanMetricWrapper, MeanOfSamples, Metric
from pyconv.metrics.top_k import SparseTopKCategoricalAccuracy, TopKCategoricalAccuracy
from pyconv.registry import Registry

CLASSES: tuple[type[Metric], ...] = (
    AUC,
    Accuracy,
    BinaryAccuracy,
    BinaryCrossentropy,
    CategoricalAccuracy,
    CategoricalCrossentropy,
    F1Score,
    FBetaScore,
    FalseNegatives,
    FalsePositives,
    KLDivergence,
    Mean,
    MeanAbsoluteError,
    MeanSquaredError,
    Precision,
    Recall,
    RootMeanSquaredError,
    SparseCategoricalAccuracy,
    SparseCategoricalCrossentropy,
    SparseTopKCategoricalAccuracy,
    TopKCategoricalAccuracy,
    TrueNegatives,
    TruePositives,
)
registry: Registry[Metric] = Registry("metrics", Metric, CLASSES)
registry.names.update(
    {
        "bce": BinaryCrossentropy,
        "BCE": BinaryCrossentropy,
        "binary_crossentropy": BinaryCrossentropy,
        "categorical_crossentropy": CategoricalCrossentropy,
        "kl_divergence": KLDivergence,
        "kld": KLDivergence,
        "mae": MeanAbsoluteError,
        "MAE": MeanAbsoluteError,
        "mse": MeanSquaredError,
        "MSE": MeanSquaredError,
        "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    }
)
serialize = registry.serialize
deserialize = registry.deserialize
ACCURACY_NAMES = ("accuracy", "acc")


def get(
    identifier: Any,
    label_shape: tuple[int, ...] | None = None,
    output_shape: tuple[int, ...] | None = None,
) -> Metric:
    """Return the metric of a name, a configuration, a Metric, a loss or a function.

    A name is the metric's name too. "accuracy" and "acc" become the accuracy that labels and
    outputs of these shapes ask for, `Accuracy` where they are not given; functions are
    (y_true, y_pred) -> value per sample.
    """
    if isinstance(identifier, str):
        if identifier.lower() in ACCURACY_NAMES:
            if label_shape is None or output_shape is None:
                return Accuracy(name=identifier)
            return accuracy_for(identifier, label_shape, output_shape)
        cls = registry.names.get(identifier) or registry.classes.get(identifier)
        return registry.get(identifier) if cls is None else cls(name=identifier)
    if isinstance(identifier, Loss):
        return mean_of(identifier)
    if callable(identifier) and not isinstance(identifier, (Metric, type)):
        loss = losses.FUNCTIONS.get(identifier)
        if loss is not None:
            return get(loss(), label_shape, output_shape)
        return MeanMetricWrapper(identifier)
    return registry.get(identifier)


def mean_of(loss: Loss) -> Metric:
    """Return the metric that is the mean of a loss."""
    config = {key: value for key, value in loss.get_config().items() if key != "reduction"}
    cls = registry.classes.get(type(loss).__name__)
    if cls is not None and type(loss).__module__.startswith("pyconv."):
        return cls(**config)
    own = type(loss).from_config({**config, "reduction": "none"})
    return MeanOfLoss(own, loss.name or "loss")


__all__ = [
    "AUC",
    "Accuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "KLDivergence",
    "Mean",
    "MeanAbsoluteError",
    "MeanMetricWrapper",
    "MeanOfLoss",
    "MeanOfSamples",
    "MeanSquaredError",
    "Metric",
    "Precision",
    "Recall",
    "RootMeanSquaredError",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "accuracy_for",
    "deserialize",
    "get",
    "mean_of",
    "serialize",
]

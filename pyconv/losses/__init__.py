# SPDX-License-Identifier: BSD-3-Clause
"""Losses by Keras's names."""

from __future__ import annotations

from typing import Any

from pyconv.losses.binary_cross_entropy import BinaryCrossentropy, binary_crossentropy
from pyconv.losses.cross_entropy import (
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from pyconv.losses.kl_divergence import KLDivergence, kl_divergence
from pyconv.losses.loss import Loss, LossFunctionWrapper
from pyconv.losses.regression import (
    Huber,
    MeanAbsoluteError,
    MeanSquaredError,
    huber,
    mean_absolute_error,
    mean_squared_error,
)
from pyconv.registry import Registry

FUNCTIONS = {
    binary_crossentropy: BinaryCrossentropy,
    categorical_crossentropy: CategoricalCrossentropy,
    huber: Huber,
    kl_divergence: KLDivergence,
    mean_absolute_error: MeanAbsoluteError,
    mean_squared_error: MeanSquaredError,
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy,
}
registry: Registry[Loss] = Registry("losses", Loss, FUNCTIONS.values())
registry.names = {  # Keras's functions, whose names differ from the classes' in small letters
    **{function.__name__: cls for function, cls in FUNCTIONS.items()},
    "bce": BinaryCrossentropy,
    "BCE": BinaryCrossentropy,
    "kld": KLDivergence,
    "KLD": KLDivergence,
    "mae": MeanAbsoluteError,
    "MAE": MeanAbsoluteError,
    "mse": MeanSquaredError,
    "MSE": MeanSquaredError,
}
serialize = registry.serialize
deserialize = registry.deserialize


def get(identifier: Any) -> Loss:
    """Return the loss of a name, a configuration, a Loss, or a function of (y_true, y_pred)."""
    if callable(identifier) and not isinstance(identifier, (Loss, type)):
        cls = FUNCTIONS.get(identifier)
        return LossFunctionWrapper(identifier) if cls is None else cls()
    return registry.get(identifier)


__all__ = [
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "Huber",
    "KLDivergence",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "huber",
    "kl_divergence",
    "mean_absolute_error",
    "mean_squared_error",
    "serialize",
    "sparse_categorical_crossentropy",
]

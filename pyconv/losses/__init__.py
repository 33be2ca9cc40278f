# SPDX-License-Identifier: BSD-3-Clause
"""Losses by Keras's names."""

from __future__ import annotations

from typing import Any

from pyconv.losses.cross_entropy import (
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from pyconv.losses.loss import Loss, LossFunctionWrapper
from pyconv.registry import Registry

registry = Registry("losses", Loss, (CategoricalCrossentropy, SparseCategoricalCrossentropy))
registry.names = {  # Keras spells the second word in one
    "categorical_crossentropy": CategoricalCrossentropy,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}
serialize = registry.serialize
deserialize = registry.deserialize


def get(identifier: Any) -> Loss:
    """Return the loss of a name, a configuration, a Loss, or a function of (y_true, y_pred)."""
    name = getattr(identifier, "__name__", None)
    if isinstance(name, str) and name in registry.names and identifier is globals()[name]:
        return registry.names[name]()
    if callable(identifier) and not isinstance(identifier, (Loss, type)):
        return LossFunctionWrapper(identifier)
    return registry.get(identifier)


__all__ = [
    "CategoricalCrossentropy",
    "Loss",
    "LossFunctionWrapper",
    "SparseCategoricalCrossentropy",
    "categorical_crossentropy",
    "deserialize",
    "get",
    "serialize",
    "sparse_categorical_crossentropy",
]

# SPDX-License-Identifier: BSD-3-Clause
"""Pictures whose bright row tells their class, and a small network that learns them."""

from __future__ import annotations

from typing import Any

import numpy as np

import pyconv
from pyconv import layers
from pyconv.models import Sequential

CLASSES = 3


def data(samples: int = 60) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return 6x6 images whose bright row tells the class."""
    generator = np.random.default_rng(1)
    y = generator.integers(0, CLASSES, samples)
    x = generator.random((samples, 6, 6, 1), np.float32) * 0.2
    x[np.arange(samples), 2 * y] += 1
    return x, y


def network(last: str | None = "softmax", loss: Any = "sparse_categorical_crossentropy") -> Any:
    pyconv.set_seed(6)
    model = Sequential(
        [
            layers.Input(shape=(6, 6, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(CLASSES, activation=last),
        ]
    )
    model.compile(pyconv.optimizers.Adam(0.01), loss, metrics=["accuracy"])
    return model


def assert_equal(found: Any, expected: Any) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)

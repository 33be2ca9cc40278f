# SPDX-License-Identifier: BSD-3-Clause
"""SimpleConvNet, the small network of a well-known book, from the Keras-style layers."""

from __future__ import annotations

from pyconv.initializers import RandomNormal
from pyconv.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from pyconv.models import Sequential


def simple_convnet() -> Sequential:
    """Return the network for pictures (28, 28, 1) of ten classes: 433,890 weights, normal(0.01)."""
    return Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(30, 5, activation="relu", kernel_initializer=RandomNormal(stddev=0.01)),
            MaxPooling2D(2),
            Flatten(),
            Dense(100, activation="relu", kernel_initializer=RandomNormal(stddev=0.01)),
            Dense(10, activation="softmax", kernel_initializer=RandomNormal(stddev=0.01)),
        ],
        name="simple_convnet",
    )

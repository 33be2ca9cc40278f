# SPDX-License-Identifier: BSD-3-Clause
"""LeNet-5 in its usual form today: every map sees every map before it, softmax at the end."""

from __future__ import annotations

from pyconv.layers import AveragePooling2D, Conv2D, Dense, Flatten, Input
from pyconv.models import Sequential


def lenet_5() -> Sequential:
    """Return the network for pictures (32, 32, 1) of ten classes: 61,706 weights.

    MNIST's pictures get a border of two pixels. Source: LeCun et al., 1998.
    """
    return Sequential(
        [
            Input(shape=(32, 32, 1)),
            Conv2D(6, 5, activation="tanh"),
            AveragePooling2D(2),
            Conv2D(16, 5, activation="tanh"),
            AveragePooling2D(2),
            Conv2D(120, 5, activation="tanh"),
            Flatten(),
            Dense(84, activation="tanh"),
            Dense(10, activation="softmax"),
        ],
        name="lenet_5",
    )

# SPDX-License-Identifier: BSD-3-Clause
"""The convnet of Keras's introduction to MNIST, with its pooling layers and without them."""

from __future__ import annotations

from pyconv.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from pyconv.models import Model


def mnist_convnet() -> Model:
    """Return the network for pictures (28, 28, 1) of ten classes: 104,202 weights."""
    return _convnet("mnist_convnet", pooled=True)


def mnist_convnet_unpooled() -> Model:
    """Return the same network without max-pooling: 712,202 weights; it sees 7 x 7 pixels only."""
    return _convnet("mnist_convnet_unpooled", pooled=False)


def _convnet(name: str, *, pooled: bool) -> Model:
    inputs = x = Input(shape=(28, 28, 1))
    x = Conv2D(32, 3, activation="relu")(x)
    for filters in (64, 128):
        x = MaxPooling2D(2)(x) if pooled else x
        x = Conv2D(filters, 3, activation="relu")(x)
    outputs = Dense(10, activation="softmax")(Flatten()(x))
    return Model(inputs, outputs, name=name)

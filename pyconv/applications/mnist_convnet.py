# SPDX-License-Identifier: BSD-3-Clause
"""The networks of Keras's introduction to MNIST: convolutions, the same without pooling, dense."""

from __future__ import annotations

from pyconv.layers import Conv2D, Dense, Flatten, Input, MaxPooling2D
from pyconv.models import Model, Sequential


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


def mnist_convnet_first_edition() -> Sequential:
    """Return the network of the book's first edition, with a hidden layer: 93,322 weights."""
    return Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(2),
            Conv2D(64, 3, activation="relu"),
            MaxPooling2D(2),
            Conv2D(64, 3, activation="relu"),
            Flatten(),
            Dense(64, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        name="mnist_convnet_first_edition",
    )


def mnist_dense_net() -> Sequential:
    """Return the network without convolutions that others are compared with: 407,050 weights."""
    return Sequential(
        [
            Input(shape=(28, 28, 1)),
            Flatten(),
            Dense(512, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        name="mnist_dense_net",
    )

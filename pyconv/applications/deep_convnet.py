# SPDX-License-Identifier: BSD-3-Clause
"""DeepConvNet, the deeper network of the same book: six convolutions, two dense layers."""

from __future__ import annotations

from collections.abc import Iterator

from pyconv.layers import Conv2D, Dense, Dropout, Flatten, Input, Layer, MaxPooling2D, Softmax
from pyconv.models import Sequential

# Filters and padding of each convolution; a pooling layer follows every second one.
CONVOLUTIONS = ((16, 1), (16, 1), (32, 1), (32, 2), (64, 1), (64, 1))


def deep_convnet() -> Sequential:
    """Return the network for pictures (28, 28, 1) of ten classes: 123,552 weights, He's normal.

    Dropout stands before the last dense layer and, as in the book, once more on the logits.
    """
    return Sequential([Input(shape=(28, 28, 1)), *_layers()], name="deep_convnet")


def _layers() -> Iterator[Layer]:
    he = "he_normal"
    for number, (filters, padding) in enumerate(CONVOLUTIONS):
        yield Conv2D(filters, 3, padding=padding, activation="relu", kernel_initializer=he)
        if number % 2:
            yield MaxPooling2D(2)
    yield Flatten()
    yield Dense(50, activation="relu", kernel_initializer=he)
    yield Dropout(0.5)
    yield Dense(10, kernel_initializer=he)
    yield Dropout(0.5)
    yield Softmax()

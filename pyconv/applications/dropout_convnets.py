# SPDX-License-Identifier: BSD-3-Clause
"""Textbook networks with dropout: for MNIST and Fashion-MNIST, for CIFAR-10, and a small one."""

from __future__ import annotations

from pyconv.applications.augmentation import digit_augmentation
from pyconv.layers import Conv2D, Dense, Dropout, Flatten, Input, Layer, MaxPooling2D
from pyconv.models import Sequential


def fashion_convnet() -> Sequential:
    """Return a network for pictures (28, 28, 1) of ten classes: 1,199,882 weights.

    Source: Keras's old example mnist_cnn; textbooks train it on Fashion-MNIST, too.
    """
    return Sequential([Input(shape=(28, 28, 1)), *_fashion_layers()], name="fashion_convnet")


def leader_board_convnet() -> Sequential:
    """Return fashion_convnet for MNIST's digits, moved anew in every epoch: 1,199,882 weights."""
    return Sequential(
        [Input(shape=(28, 28, 1)), digit_augmentation(), *_fashion_layers()],
        name="leader_board_convnet",
    )


def _fashion_layers() -> list[Layer]:
    return [
        Conv2D(32, 3, activation="relu"),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Dropout(0.25),
        Flatten(),
        Dense(128, activation="relu"),
        Dropout(0.5),
        Dense(10, activation="softmax"),
    ]


def cifar_convnet() -> Sequential:
    """Return a network for pictures (32, 32, 3) of ten classes: 890,410 weights."""
    return Sequential(
        [
            Input(shape=(32, 32, 3)),
            Conv2D(32, 3, activation="relu"),
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(2),
            Dropout(0.25),
            Conv2D(64, 3, activation="relu"),
            Conv2D(64, 3, activation="relu"),
            MaxPooling2D(2),
            Dropout(0.25),
            Flatten(),
            Dense(512, activation="relu"),
            Dropout(0.5),
            Dense(10, activation="softmax"),
        ],
        name="cifar_convnet",
    )


def small_convnet() -> Sequential:
    """Return a network for pictures (28, 28, 1) of ten classes: 33,082 weights, 132 kB."""
    return Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(16, 3, activation="relu"),
            Conv2D(16, 3, activation="relu"),
            MaxPooling2D(2),
            Conv2D(32, 3, activation="relu"),
            MaxPooling2D(2),
            Dropout(0.25),
            Flatten(),
            Dense(32, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        name="small_convnet",
    )

# SPDX-License-Identifier: BSD-3-Clause
"""Networks that tell two kinds of photographs apart, such as cats from dogs: one sigmoid unit."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.applications.augmentation import photograph_augmentation
from pyconv.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Input,
    Layer,
    MaxPooling2D,
    Rescaling,
    SymbolicTensor,
)
from pyconv.models import Model

FEATURES_180, FEATURES_150 = (5, 5, 512), (4, 4, 512)  # of VGG16 on images of these sizes


def cats_dogs_convnet(dropout: float = 0.0, augmentation: Layer | None = None) -> Model:
    """Return a network for photographs (180, 180, 3), pixels 0 to 255: 991,041 weights.

    Args:
        dropout: rate before the last layer; 0 for no such layer, 0.5 in the book's second network.
        augmentation: a layer or Sequential that images go through first.
    Source: Chollet, Deep Learning with Python, second edition, chapter 8.
    """
    return _convnet_180("cats_dogs_convnet", dropout, augmentation)


def _convnet_180(name: str, dropout: float, augmentation: Layer | None) -> Model:
    inputs = Input(shape=(180, 180, 3))
    x = inputs if augmentation is None else augmentation(inputs)
    x = Conv2D(32, 3, activation="relu")(Rescaling(1 / 255)(x))
    for filters in (64, 128, 256, 256):
        x = Conv2D(filters, 3, activation="relu")(MaxPooling2D(2)(x))
    x = _dropped(Flatten()(x), dropout)
    return Model(inputs, Dense(1, activation="sigmoid")(x), name=name)


def cats_dogs_convnet_augmented() -> Model:
    """Return the book's second network, which never sees the same picture twice: 991,041 weights.

    It is cats_dogs_convnet after photograph_augmentation(), with dropout before the last layer.
    """
    return _convnet_180("cats_dogs_convnet_augmented", 0.5, photograph_augmentation())


def cats_dogs_convnet_150(dropout: float = 0.0) -> Model:
    """Return a network for photographs (150, 150, 3), pixels 0 to 1: 3,453,121 weights.

    Args:
        dropout: rate after Flatten; 0 for no such layer, 0.5 in the book's second network.
    Source: Chollet, Deep Learning with Python, first edition, section 5.2.
    """
    return _convnet_150("cats_dogs_convnet_150", dropout)


def gender_convnet(dropout: float = 0.0) -> Model:
    """Return a network for portraits (150, 150, 3), pixels 0 to 1: 3,453,121 weights.

    The lecture gives its form, filters that double from 32 and a hidden layer; the sizes are those
    of cats_dogs_convnet_150.
    """
    return _convnet_150("gender_convnet", dropout)


def _convnet_150(name: str, dropout: float) -> Model:
    inputs = x = Input(shape=(150, 150, 3))
    for filters in (32, 64, 128, 128):
        x = MaxPooling2D(2)(Conv2D(filters, 3, activation="relu")(x))
    x = _dropped(Flatten()(x), dropout)
    x = Dense(512, activation="relu")(x)
    return Model(inputs, Dense(1, activation="sigmoid")(x), name=name)


def transfer_head(
    input_shape: Sequence[int] = FEATURES_150,
    activation: str | None = "relu",
    dropout: float = 0.5,
) -> Model:
    """Return the classifier that is trained on the features of a frozen network.

    Args:
        input_shape: (h, w, c) of the features: those of VGG16 on 150 x 150 pixels (2,097,665
            weights) or, FEATURES_180, on 180 x 180 (3,277,313).
        activation: of the hidden layer of 256; the book's second edition has none.
        dropout: rate before the last layer.
    Source: Chollet, Deep Learning with Python, section 5.3 and chapter 8.
    """
    inputs = Input(shape=input_shape)
    x = Dense(256, activation=activation)(Flatten()(inputs))
    x = _dropped(x, dropout)
    return Model(inputs, Dense(1, activation="sigmoid")(x), name="transfer_head")


def _dropped(x: SymbolicTensor, rate: float) -> SymbolicTensor:
    return Dropout(rate)(x) if rate else x

# SPDX-License-Identifier: BSD-3-Clause
"""Two small networks of modern form, for photographs of two kinds: residual, and Xception-like.

Source: Chollet, Deep Learning with Python, second edition, chapter 9.
"""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePooling2D,
    Input,
    Layer,
    MaxPooling2D,
    Rescaling,
    SeparableConv2D,
    SymbolicTensor,
)
from pyconv.models import Model


def small_residual_net(
    input_shape: Sequence[int | None] = (32, 32, 3), augmentation: Layer | None = None
) -> Model:
    """Return a network of three residual blocks, pixels 0 to 255: 297,697 weights.

    Args:
        augmentation: a layer or Sequential that images go through first.
    """
    inputs = Input(shape=input_shape)
    x = inputs if augmentation is None else augmentation(inputs)
    x = Rescaling(1 / 255)(x)
    for filters, pooling in ((32, True), (64, True), (128, False)):
        x = _residual_block(x, filters, pooling)
    x = GlobalAveragePooling2D()(x)
    return Model(inputs, Dense(1, activation="sigmoid")(x), name="small_residual_net")


def _residual_block(x: SymbolicTensor, filters: int, pooling: bool) -> SymbolicTensor:
    residual = Conv2D(filters, 1, strides=2 if pooling else 1)(x)
    for _ in range(2):
        x = Conv2D(filters, 3, padding="same", activation="relu")(x)
    if pooling:
        x = MaxPooling2D(2, padding="same")(x)
    return Add()([x, residual])


def mini_xception(
    input_shape: Sequence[int | None] = (180, 180, 3), augmentation: Layer | None = None
) -> Model:
    """Return a network of five separable blocks, pixels 0 to 255: 721,857 weights.

    3,008 of them are moving statistics.

    Args:
        augmentation: a layer or Sequential that images go through first.
    """
    inputs = Input(shape=input_shape)
    x = inputs if augmentation is None else augmentation(inputs)
    x = Conv2D(32, 5, use_bias=False)(Rescaling(1 / 255)(x))
    for filters in (32, 64, 128, 256, 512):
        x = _separable_block(x, filters)
    x = Dropout(0.5)(GlobalAveragePooling2D()(x))
    return Model(inputs, Dense(1, activation="sigmoid")(x), name="mini_xception")


def _separable_block(x: SymbolicTensor, filters: int) -> SymbolicTensor:
    residual = Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
    for _ in range(2):
        x = Activation("relu")(BatchNormalization()(x))
        x = SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    return Add()([MaxPooling2D(3, strides=2, padding="same")(x), residual])

# SPDX-License-Identifier: BSD-3-Clause
"""ResNet-20 for CIFAR-10: three stages of three residual blocks, 16, 32 and 64 filters."""

from __future__ import annotations

from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Input,
    SymbolicTensor,
)
from pyconv.models import Model

STAGES = (16, 32, 64)
BLOCKS = 3  # of each stage


def resnet_20() -> Model:
    """Return the network for pictures (32, 32, 3) of ten classes: 272,474 weights that are trained.

    A stage's first block halves height and width, its shortcut is a 1 x 1 convolution.
    Source: He et al., 2016, section 4.2, with projections (option B).
    """
    inputs = Input(shape=(32, 32, 3))
    x = Activation("relu")(_convolved(inputs, STAGES[0], 3))
    for stage, filters in enumerate(STAGES):
        for block in range(BLOCKS):
            x = _block(x, filters, 2 if stage and not block else 1)
    x = GlobalAveragePooling2D()(x)
    outputs = Dense(10, activation="softmax", kernel_initializer="he_normal")(x)
    return Model(inputs, outputs, name="resnet_20")


def _block(x: SymbolicTensor, filters: int, stride: int) -> SymbolicTensor:
    shortcut = x if stride == 1 else _convolved(x, filters, 1, stride)
    x = Activation("relu")(_convolved(x, filters, 3, stride))
    return Activation("relu")(Add()([shortcut, _convolved(x, filters, 3)]))


def _convolved(x: SymbolicTensor, filters: int, size: int, stride: int = 1) -> SymbolicTensor:
    conv = Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )
    return BatchNormalization()(conv(x))

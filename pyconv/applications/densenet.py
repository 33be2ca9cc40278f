# SPDX-License-Identifier: BSD-3-Clause
"""DenseNet121, 169 and 201: every layer of a block sees the outputs of all layers before it.

Source: Huang, Liu, van der Maaten and Weinberger, 2017 (arXiv:1608.06993); names as in
keras.applications.
"""

from __future__ import annotations

from functools import partial

from pyconv.applications.classifier import Options, classifier
from pyconv.applications.imagenet_utils import decode_predictions
from pyconv.applications.imagenet_utils import preprocess_torch as preprocess_input
from pyconv.applications.published_weights import PublishedWeights, published
from pyconv.applications.signature import NetworkFunction, network
from pyconv.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    MaxPooling2D,
    SymbolicTensor,
    ZeroPadding2D,
)
from pyconv.models import Model

EPSILON = 1.001e-5
GROWTH = 32  # channels that each layer adds


def _normalised(x: SymbolicTensor, name: str, number: str = "") -> SymbolicTensor:
    x = BatchNormalization(epsilon=EPSILON, name=f"{name}{number}bn")(x)
    return Activation("relu", name=f"{name}{number}relu")(x)


def _dense_layer(x: SymbolicTensor, name: str) -> SymbolicTensor:
    y = _normalised(x, name, "_0_")
    y = Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(y)
    y = _normalised(y, name, "_1_")
    y = Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(y)
    return Concatenate(name=f"{name}_concat")([x, y])


def _transition(x: SymbolicTensor, name: str) -> SymbolicTensor:
    """Halve the channels, then height and width."""
    channels = x.shape[-1] or 0
    x = _normalised(x, name, "_")
    x = Conv2D(channels // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return AveragePooling2D(2, name=f"{name}_pool")(x)


def _body(counts: tuple[int, ...], x: SymbolicTensor) -> SymbolicTensor:
    x = Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(ZeroPadding2D(3)(x))
    x = _normalised(x, "conv1_")
    x = MaxPooling2D(3, strides=2, name="pool1")(ZeroPadding2D(1)(x))
    for block, count in enumerate(counts, 2):
        if block > 2:
            x = _transition(x, f"pool{block - 1}")
        for number in range(1, count + 1):
            x = _dense_layer(x, f"conv{block}_block{number}")
    return _normalised(x, "")


def _densenet(
    counts: tuple[int, ...], weights: PublishedWeights, function: str, options: Options
) -> Model:
    return classifier(function, options, partial(_body, counts), published=weights)


def _of_keras(
    depth: int, counts: tuple[int, ...], full: str, base: str, with_top: str, without_top: str
) -> NetworkFunction:
    about = f"""Return DenseNet{depth}, {full} weights; {base} without its top.

    Images (n, 224, 224, 3), normalised as in preprocess_input; without a top any size from 32.
    Source: Huang et al., 2017; Keras DenseNet{depth}."""
    weights = published(f"densenet{depth}", with_top, without_top, "densenet")
    return network(f"DenseNet{depth}", about, partial(_densenet, counts, weights))


DenseNet121 = _of_keras(
    121,
    (6, 12, 24, 16),
    "8,062,504",
    "7,037,504",
    "9d60b8095a5708f2dcce2bca79d332c7",
    "30ee3e1110167f948a6b9946edeeb738",
)
DenseNet169 = _of_keras(
    169,
    (6, 12, 32, 32),
    "14,307,880",
    "12,642,880",
    "d699b8f76981ab1b30698df4c175e90b",
    "b8c4d4c20dd625c148057b9ff1c1176b",
)
DenseNet201 = _of_keras(
    201,
    (6, 12, 48, 32),
    "20,242,984",
    "18,321,984",
    "1ceb130c1ea1b78c3bf6114dbdfd8807",
    "c13680b51ded0fb44dff2d8f86ac8bb1",
)

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

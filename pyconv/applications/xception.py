# SPDX-License-Identifier: BSD-3-Clause
"""Xception: separable convolutions with residual connections.

Source: Chollet, 2017 (arXiv:1610.02357); names as in keras.applications, where the four residual
convolutions are named by themselves.
"""

from __future__ import annotations

from pyconv.applications.classifier import Options, classifier
from pyconv.applications.imagenet_utils import decode_predictions
from pyconv.applications.imagenet_utils import preprocess_tf as preprocess_input
from pyconv.applications.published_weights import published
from pyconv.applications.signature import network
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    SeparableConv2D,
    SymbolicTensor,
)
from pyconv.models import Model

ENTRY = {2: (128, 128), 3: (256, 256), 4: (728, 728)}  # filters of the blocks that halve the size
MIDDLE = range(5, 13)
EXIT = {13: (728, 1024)}


def _separable(x: SymbolicTensor, filters: int, name: str) -> SymbolicTensor:
    x = SeparableConv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    return BatchNormalization(name=f"{name}_bn")(x)


def _halving_block(x: SymbolicTensor, filters: tuple[int, ...], block: int) -> SymbolicTensor:
    """Return two separable convolutions and a pooling, plus a 1 x 1 convolution of stride 2."""
    residual = Conv2D(filters[-1], 1, strides=2, padding="same", use_bias=False)(x)
    residual = BatchNormalization()(residual)
    for number, count in enumerate(filters, 1):
        name = f"block{block}_sepconv{number}"
        if block > 2 or number > 1:
            x = Activation("relu", name=f"{name}_act")(x)
        x = _separable(x, count, name)
    x = MaxPooling2D(3, strides=2, padding="same", name=f"block{block}_pool")(x)
    return Add()([x, residual])


def _middle_block(x: SymbolicTensor, block: int) -> SymbolicTensor:
    residual = x
    for number in (1, 2, 3):
        name = f"block{block}_sepconv{number}"
        x = _separable(Activation("relu", name=f"{name}_act")(x), 728, name)
    return Add()([x, residual])


def _body(x: SymbolicTensor) -> SymbolicTensor:
    for number, (filters, stride) in enumerate(((32, 2), (64, 1)), 1):
        name = f"block1_conv{number}"
        x = Conv2D(filters, 3, strides=stride, use_bias=False, name=name)(x)
        x = Activation("relu", name=f"{name}_act")(BatchNormalization(name=f"{name}_bn")(x))
    for block, counts in ENTRY.items():
        x = _halving_block(x, counts, block)
    for block in MIDDLE:
        x = _middle_block(x, block)
    for block, counts in EXIT.items():
        x = _halving_block(x, counts, block)
    for number, count in enumerate((1536, 2048), 1):
        name = f"block14_sepconv{number}"
        x = Activation("relu", name=f"{name}_act")(_separable(x, count, name))
    return x


def _xception(function: str, options: Options) -> Model:
    return classifier(
        function,
        options,
        _body,
        published=published(
            "xception", "0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"
        ),
        default_size=299,
        min_size=71,
        pool_names=(None, None),
    )


Xception = network(
    "Xception",
    """Return Xception, 22,910,480 weights; 20,861,480 without its top.

    Images (n, 299, 299, 3), within -1 and 1 (see preprocess_input); without a top any size from
    71. Source: Chollet, 2017; Keras Xception.""",
    _xception,
)

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

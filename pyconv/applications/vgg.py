# SPDX-License-Identifier: BSD-3-Clause
"""VGG16 and VGG19: blocks of 3 x 3 convolutions, each ended by max-pooling, and three dense layers.

Source: Simonyan and Zisserman, 2015 (arXiv:1409.1556); names as in keras.applications.
"""

from __future__ import annotations

from functools import partial

from pyconv.applications.classifier import Activation, Options, classifier
from pyconv.applications.published_weights import PublishedWeights, published
from pyconv.applications.signature import network
from pyconv.layers import Conv2D, Dense, Flatten, MaxPooling2D, SymbolicTensor
from pyconv.models import Model

FILTERS = (64, 128, 256, 512, 512)  # of each block
UNITS = 4096


def _body(counts: tuple[int, ...], x: SymbolicTensor) -> SymbolicTensor:
    for block, (filters, count) in enumerate(zip(FILTERS, counts, strict=True), 1):
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            x = Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = MaxPooling2D(2, name=f"block{block}_pool")(x)
    return x


def _head(x: SymbolicTensor, classes: int, activation: Activation) -> SymbolicTensor:
    x = Flatten(name="flatten")(x)
    for name in ("fc1", "fc2"):
        x = Dense(UNITS, activation="relu", name=name)(x)
    return Dense(classes, activation=activation, name="predictions")(x)


def _vgg(
    counts: tuple[int, ...], weights: PublishedWeights, function: str, options: Options
) -> Model:
    return classifier(
        function,
        options,
        partial(_body, counts),
        _head,
        published=weights,
        pool_names=(None, None),
    )


VGG16 = network(
    "VGG16",
    """Return VGG16, 138,357,544 weights; 14,714,688 without its top.

    Images (n, 224, 224, 3), caffe-style: BGR less the mean (see preprocess_input); without a top
    any size from 32. Source: Simonyan and Zisserman, 2015; Keras VGG16.""",
    partial(
        _vgg,
        (2, 2, 3, 3, 3),
        published("vgg16", "64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"),
    ),
)
VGG19 = network(
    "VGG19",
    """Return VGG19, 143,667,240 weights; 20,024,384 without its top.

    Images (n, 224, 224, 3), caffe-style: BGR less the mean (see preprocess_input); without a top
    any size from 32. Source: Simonyan and Zisserman, 2015; Keras VGG19.""",
    partial(
        _vgg,
        (2, 2, 4, 4, 4),
        published("vgg19", "cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"),
    ),
)

# SPDX-License-Identifier: BSD-3-Clause
"""Networks of the lectures that stand on one trained before: on VGG16, on ResNet50.

Each is one model from pixels to classes. `weights` are those of the network below, without top:
"imagenet" (Keras's cache, or a download), a file, or None for random ones.
"""

from __future__ import annotations

import os

from pyconv.applications.augmentation import photograph_augmentation
from pyconv.applications.binary_convnets import transfer_head
from pyconv.applications.imagenet_utils import preprocess_caffe
from pyconv.applications.resnet import ResNet50
from pyconv.applications.vgg16 import VGG16
from pyconv.layers import Dense, Flatten, Input
from pyconv.models import Model

Weights = str | os.PathLike[str] | None

RELEASED = 4  # the last layers of VGG16 without top: block5_conv1 to block5_pool


def cats_dogs_vgg16_features(weights: Weights = "imagenet") -> Model:
    """Return VGG16, frozen, and a head on its features of photographs (180, 180, 3), 0 to 255.

    Of 17,992,001 weights the head's 3,277,313 learn.
    Source: Chollet, Deep Learning with Python, second edition, chapter 8, as are the next two.
    """
    return _cats_dogs("cats_dogs_vgg16_features", weights)


def cats_dogs_vgg16(weights: Weights = "imagenet") -> Model:
    """Return the same network for photographs that change in every epoch: 3,277,313 learn."""
    return _cats_dogs("cats_dogs_vgg16", weights, augmented=True)


def cats_dogs_vgg16_tuned(weights: Weights = "imagenet") -> Model:
    """Return cats_dogs_vgg16 with the last block released: 10,356,737 weights learn.

    It is meant to begin where cats_dogs_vgg16 ended (`load_weights`), at a rate of 1e-5.
    """
    return _cats_dogs("cats_dogs_vgg16_tuned", weights, augmented=True, released=RELEASED)


def _cats_dogs(name: str, weights: Weights, *, augmented: bool = False, released: int = 0) -> Model:
    base = VGG16(weights=weights, include_top=False)
    for layer in base.layers[: len(base.layers) - released]:
        layer.trainable = False
    inputs = x = Input(shape=(180, 180, 3))
    if augmented:
        x = photograph_augmentation()(x)
    features = base(preprocess_caffe(x))
    head = transfer_head(features.shape[1:], activation=None)
    return Model(inputs, head(features), name=name)


def gender_vgg16(weights: Weights = "imagenet") -> Model:
    """Return VGG16, frozen, and a head for portraits (150, 150, 3), pixels 0 to 1.

    Of 16,812,353 weights the head's 2,097,665 learn. As in the lecture's cats and dogs, VGG16 gets
    the pixels without its own means.
    """
    base = VGG16(weights=weights, include_top=False, input_shape=(150, 150, 3))
    base.trainable = False
    inputs = Input(shape=(150, 150, 3))
    return Model(inputs, transfer_head()(base(inputs)), name="gender_vgg16")


def birds_resnet50(weights: Weights = "imagenet", classes: int = 20) -> Model:
    """Return ResNet50 and two dense layers for photographs (224, 224, 3), pixels 0 to 255.

    All 126,369,684 weights learn but the 53,120 moving statistics; for 200 classes there are
    126,554,184 weights.
    Source: a Korean textbook's program on the birds of CUB-200-2011.
    """
    shape = (224, 224, 3)
    base = ResNet50(weights=weights, include_top=False, input_shape=shape)
    inputs = Input(shape=shape)
    x = Flatten()(base(preprocess_caffe(inputs)))
    x = Dense(1024, activation="relu")(x)
    return Model(inputs, Dense(classes, activation="softmax")(x), name="birds_resnet50")

# SPDX-License-Identifier: BSD-3-Clause
"""GoogLeNet: nine modules that look at their input by windows of 1, 3 and 5 pixels at once.

Source: Szegedy et al., 2015 (arXiv:1409.4842), table 1.
"""

from __future__ import annotations

from pyconv.applications.classifier import Activation, Options, classifier
from pyconv.applications.signature import network
from pyconv.layers import (
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    LocalResponseNormalization,
    MaxPooling2D,
    SymbolicTensor,
)
from pyconv.models import Model

# 1x1 | 1x1 before 3x3, 3x3 | 1x1 before 5x5, 5x5 | 1x1 after pooling
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
LAST_BEFORE_POOL = ("3b", "4e")
AUXILIARY = ("4a", "4d")  # modules with a classifier of their own while training


def _conv(filters: int, size: int, name: str, stride: int = 1) -> Conv2D:
    return Conv2D(filters, size, strides=stride, padding="same", activation="relu", name=name)


def _halved(x: SymbolicTensor, name: str) -> SymbolicTensor:
    return MaxPooling2D(3, strides=2, padding="same", name=name)(x)


def _inception(x: SymbolicTensor, filters: tuple[int, ...], module: str) -> SymbolicTensor:
    name = f"inception_{module}"
    one, before_three, three, before_five, five, pooled = filters
    y = MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    branches = [
        _conv(one, 1, f"{name}_1x1")(x),
        _conv(three, 3, f"{name}_3x3")(_conv(before_three, 1, f"{name}_3x3_reduce")(x)),
        _conv(five, 5, f"{name}_5x5")(_conv(before_five, 1, f"{name}_5x5_reduce")(x)),
        _conv(pooled, 1, f"{name}_pool_proj")(y),
    ]
    return Concatenate(name=name)(branches)


def _body(x: SymbolicTensor) -> SymbolicTensor:
    x = _halved(_conv(64, 7, "conv1", stride=2)(x), "pool1")
    x = LocalResponseNormalization(name="norm1")(x)
    x = _conv(192, 3, "conv2")(_conv(64, 1, "conv2_reduce")(x))
    x = _halved(LocalResponseNormalization(name="norm2")(x), "pool2")
    for module, filters in MODULES.items():
        x = _inception(x, filters, module)
        if module in LAST_BEFORE_POOL:
            x = _halved(x, f"pool{module[0]}")
    return x


def _head(x: SymbolicTensor, classes: int, activation: Activation) -> SymbolicTensor:
    x = Dropout(0.4, name="dropout")(GlobalAveragePooling2D(name="avg_pool")(x))
    return Dense(classes, activation=activation, name="predictions")(x)


def _googlenet(function: str, options: Options) -> Model:
    return classifier(function, options, _body, _head)


GoogLeNet = network(
    "GoogLeNet",
    """Return GoogLeNet, 6,998,552 weights.

    Images (n, 224, 224, 3) less their mean. Without the two classifiers that help training; see
    with_auxiliary_classifiers. Source: Szegedy et al., 2015.""",
    _googlenet,
    None,
)


def with_auxiliary_classifiers(model: Model) -> Model:
    """Return GoogLeNet with its classifiers after 4a and 4d: 13,378,280 weights, three outputs.

    The layers are those of `model`, a GoogLeNet with its top. Losses of the second and third output
    have weight 0.3 in the paper: compile(loss_weights=[1, 0.3, 0.3]).
    """
    last = model.get_layer("predictions")
    if not isinstance(last, Dense):
        raise TypeError(f"with_auxiliary_classifiers: model={model!r}; must be a GoogLeNet")
    outputs = [last.output]
    for number, module in enumerate(AUXILIARY, 1):
        name = f"auxiliary{number}"
        x = model.get_layer(f"inception_{module}").output
        x = AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)
        x = Flatten(name=f"{name}_flatten")(_conv(128, 1, f"{name}_conv")(x))
        x = Dense(1024, activation="relu", name=f"{name}_fc")(x)
        x = Dropout(0.7, name=f"{name}_dropout")(x)
        head = Dense(last.units, activation=last.activation, name=f"{name}_predictions")
        outputs.append(head(x))
    return Model(model.input, outputs, name=f"{model.name}_with_auxiliary_classifiers")

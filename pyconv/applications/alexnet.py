# SPDX-License-Identifier: BSD-3-Clause
"""AlexNet in three forms: of 2012 on two processors, the same on one, and the later one tower.

Source: Krizhevsky, Sutskever and Hinton, 2012; Krizhevsky, 2014 (arXiv:1404.5997).
"""

from __future__ import annotations

from functools import partial

from pyconv.applications.classifier import Activation, Options, classifier
from pyconv.applications.signature import network
from pyconv.initializers import RandomNormal
from pyconv.layers import (
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    LocalResponseNormalization,
    MaxPooling2D,
    SymbolicTensor,
    ZeroPadding2D,
)
from pyconv.models import Model

UNITS = 4096


def _conv(
    filters: int, size: int, number: int, *, stride: int = 1, groups: int = 1, bias: float = 0.0
) -> Conv2D:
    return Conv2D(
        filters,
        size,
        strides=stride,
        padding="valid" if stride > 1 else "same",
        groups=groups,
        activation="relu",
        kernel_initializer=RandomNormal(stddev=0.01),
        bias_initializer="ones" if bias else "zeros",
        name=f"conv{number}",
    )


def _body_2012(groups: int, x: SymbolicTensor) -> SymbolicTensor:
    """Convolutions 2, 4 and 5 see the maps of their own processor alone: `groups` of them."""
    for number, conv in enumerate(
        (_conv(96, 11, 1, stride=4), _conv(256, 5, 2, groups=groups, bias=1.0)), 1
    ):
        x = LocalResponseNormalization(name=f"norm{number}")(conv(x))
        x = MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    x = _conv(384, 3, 3)(x)
    x = _conv(384, 3, 4, groups=groups, bias=1.0)(x)
    x = _conv(256, 3, 5, groups=groups, bias=1.0)(x)
    return MaxPooling2D(3, strides=2, name="pool5")(x)


def _head_2012(x: SymbolicTensor, classes: int, activation: Activation) -> SymbolicTensor:
    normal = RandomNormal(stddev=0.01)
    x = Flatten(name="flatten")(x)
    for number in (6, 7):
        dense = Dense(
            UNITS,
            activation="relu",
            kernel_initializer=normal,
            bias_initializer="ones",
            name=f"fc{number}",
        )
        x = Dropout(0.5, name=f"dropout{number}")(dense(x))
    head = Dense(classes, activation=activation, kernel_initializer=normal, name="predictions")
    return head(x)


def _body_2014(x: SymbolicTensor) -> SymbolicTensor:
    x = ZeroPadding2D(2, name="conv1_pad")(x)
    for number, conv in enumerate((_conv(64, 11, 1, stride=4), _conv(192, 5, 2)), 1):
        x = MaxPooling2D(3, strides=2, name=f"pool{number}")(conv(x))
    for number, filters in enumerate((384, 256, 256), 3):
        x = _conv(filters, 3, number)(x)
    return MaxPooling2D(3, strides=2, name="pool5")(x)


def _head_2014(x: SymbolicTensor, classes: int, activation: Activation) -> SymbolicTensor:
    x = Flatten(name="flatten")(x)
    for number in (6, 7):
        x = Dropout(0.5, name=f"dropout{number}")(x)
        x = Dense(UNITS, activation="relu", name=f"fc{number}")(x)
    return Dense(classes, activation=activation, name="predictions")(x)


def _of_2012(groups: int, function: str, options: Options) -> Model:
    body = partial(_body_2012, groups)
    return classifier(function, options, body, _head_2012, default_size=227, min_size=67)


def _of_2014(function: str, options: Options) -> Model:
    return classifier(function, options, _body_2014, _head_2014, min_size=63)


AlexNet = network(
    "AlexNet",
    """Return AlexNet of 2012, 60,965,224 weights: convolutions 2, 4 and 5 in two groups.

    Images (n, 227, 227, 3) less their mean. Weights begin as in the paper: normal(0.01), biases 1
    in convolutions 2, 4, 5 and the hidden dense layers. Source: Krizhevsky et al., 2012.""",
    partial(_of_2012, 2),
    None,
)
AlexNetUngrouped = network(
    "AlexNetUngrouped",
    """Return AlexNet of 2012 where every map sees all maps before it: 62,378,344 weights.

    Images (n, 227, 227, 3) less their mean. Source: Krizhevsky et al., 2012.""",
    partial(_of_2012, 1),
    None,
)
AlexNet2014 = network(
    "AlexNet2014",
    """Return AlexNet in one tower without normalisation: 61,100,840 weights, as in torchvision.

    Images (n, 224, 224, 3). Source: Krizhevsky, 2014 (arXiv:1404.5997).""",
    _of_2014,
    None,
)

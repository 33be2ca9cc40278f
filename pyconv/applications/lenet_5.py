# SPDX-License-Identifier: BSD-3-Clause
"""LeNet-5 in its usual form today, in two forms of textbooks, and as in 1998.

Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition,
1998.
"""

from __future__ import annotations

from pyconv.applications.digit_codes import digit_codes
from pyconv.initializers import Ones
from pyconv.layers import (
    AveragePooling2D,
    Concatenate,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Flatten,
    Input,
    MaxPooling2D,
    Softmax,
    SymbolicTensor,
)
from pyconv.models import Model, Sequential

# Which of the six maps before it each map of the second convolution sees: table I of the paper.
CONNECTIONS = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)


def lenet_5() -> Sequential:
    """Return the network for pictures (32, 32, 1) of ten classes: 61,706 weights.

    Every map sees every map before it. MNIST's pictures get a border of two pixels.
    """
    return Sequential(
        [
            Input(shape=(32, 32, 1)),
            Conv2D(6, 5, activation="tanh"),
            AveragePooling2D(2),
            Conv2D(16, 5, activation="tanh"),
            AveragePooling2D(2),
            Conv2D(120, 5, activation="tanh"),
            Flatten(),
            Dense(84, activation="tanh"),
            Dense(10, activation="softmax"),
        ],
        name="lenet_5",
    )


def lenet_5_same() -> Sequential:
    """Return a textbook's form for pictures (28, 28, 1) of ten classes: 545,546 weights."""
    return Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(6, 5, padding="same", activation="relu"),
            MaxPooling2D(2),
            Conv2D(16, 5, padding="same", activation="relu"),
            MaxPooling2D(2),
            Conv2D(120, 5, padding="same", activation="relu"),
            Flatten(),
            Dense(84, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        name="lenet_5_same",
    )


def lenet_caffe() -> Sequential:
    """Return Caffe's form for pictures (28, 28, 1) of ten classes: 431,080 weights."""
    return Sequential(
        [
            Input(shape=(28, 28, 1)),
            Conv2D(20, 5),
            MaxPooling2D(2),
            Conv2D(50, 5),
            MaxPooling2D(2),
            Flatten(),
            Dense(500, activation="relu"),
            Dense(10, activation="softmax"),
        ],
        name="lenet_caffe",
    )


def lenet_5_original() -> Model:
    """Return the network of 1998 for pictures (32, 32, 1) of ten classes: 60,000 trained weights.

    By layers 156, 12, 1,516, 32, 48,120 and 10,164: pooling has a factor and a bias for each map,
    and the second convolution sees the maps of table I. Each class has a fixed code of 84 signs, a
    picture 12 high and 7 wide; the scores are the negative squared distances to the codes, less
    what all share, then softmax in place of the paper's own loss. The codes are drawn here.
    """
    inputs = Input(shape=(32, 32, 1))
    x = _subsampled(Conv2D(6, 5, activation="tanh", name="c1")(inputs), "s2")
    maps = [x[..., number : number + 1] for number in range(6)]
    parts = []
    for i, seen in enumerate(CONNECTIONS):
        y = Concatenate(name=f"c3_{i}_in")([maps[j] for j in seen])
        parts.append(Conv2D(1, 5, activation="tanh", name=f"c3_{i}")(y))
    x = _subsampled(Concatenate(name="c3")(parts), "s4")
    x = Flatten(name="flatten")(Conv2D(120, 5, activation="tanh", name="c5")(x))
    x = Dense(84, activation="tanh", name="f6")(x)
    codes = Dense(10, use_bias=False, name="codes", trainable=False)
    outputs = Softmax(name="output")(codes(x))
    # |x - code|^2 = |x|^2 - 2 x code + 84: all but the middle are the same for every class.
    codes.kernel.assign(2.0 * digit_codes().T)
    return Model(inputs, outputs, name="lenet_5_original")


def _subsampled(x: SymbolicTensor, name: str) -> SymbolicTensor:
    """Return tanh(factor mean + bias) of squares of 2 x 2 pixels, factor and bias by map."""
    x = AveragePooling2D(2, name=f"{name}_mean")(x)
    scaled = DepthwiseConv2D(1, activation="tanh", depthwise_initializer=Ones(), name=name)
    return scaled(x)

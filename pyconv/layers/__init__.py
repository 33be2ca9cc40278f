# SPDX-License-Identifier: BSD-3-Clause
"""Layers by Keras's names, argument names and defaults."""

from pyconv.layers.activation import ELU, Activation, Softmax
from pyconv.layers.conv2d import Conv2D
from pyconv.layers.dense import Dense
from pyconv.layers.dropout import Dropout, GaussianNoise, SpatialDropout2D
from pyconv.layers.flatten import Flatten
from pyconv.layers.input import Input, InputLayer
from pyconv.layers.layer import Layer, LayerOptions
from pyconv.layers.max_pool2d import MaxPool2D, MaxPooling2D
from pyconv.layers.relu import LeakyReLU, PReLU, ReLU
from pyconv.layers.symbolic import SymbolicTensor

CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Activation,
        Conv2D,
        Dense,
        Dropout,
        ELU,
        Flatten,
        GaussianNoise,
        InputLayer,
        LeakyReLU,
        MaxPooling2D,
        PReLU,
        ReLU,
        Softmax,
        SpatialDropout2D,
    )
}

__all__ = [
    "ELU",
    "Activation",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "Input",
    "InputLayer",
    "Layer",
    "LayerOptions",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "PReLU",
    "ReLU",
    "Softmax",
    "SpatialDropout2D",
    "SymbolicTensor",
]

# SPDX-License-Identifier: BSD-3-Clause
"""Layers by Keras's names, argument names and defaults."""

from pyconv.layers.activation import Activation
from pyconv.layers.conv2d import Conv2D
from pyconv.layers.dense import Dense
from pyconv.layers.flatten import Flatten
from pyconv.layers.input import Input, InputLayer
from pyconv.layers.layer import Layer, LayerOptions
from pyconv.layers.max_pool2d import MaxPool2D, MaxPooling2D
from pyconv.layers.symbolic import SymbolicTensor

CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls for cls in (Activation, Conv2D, Dense, Flatten, InputLayer, MaxPooling2D)
}

__all__ = [
    "Activation",
    "Conv2D",
    "Dense",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "LayerOptions",
    "MaxPool2D",
    "MaxPooling2D",
    "SymbolicTensor",
]

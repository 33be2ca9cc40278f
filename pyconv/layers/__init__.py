# SPDX-License-Identifier: BSD-3-Clause
"""Layers by Keras's names, argument names and defaults."""

from pyconv.layers.activation import ELU, Activation, Softmax
from pyconv.layers.concatenate import Concatenate, concatenate
from pyconv.layers.conv2d import Conv2D
from pyconv.layers.dense import Dense
from pyconv.layers.flatten import Flatten
from pyconv.layers.input import Input, InputLayer
from pyconv.layers.layer import Layer, LayerOptions
from pyconv.layers.max_pool2d import MaxPool2D, MaxPooling2D
from pyconv.layers.merging import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from pyconv.layers.permute import Permute
from pyconv.layers.relu import LeakyReLU, PReLU, ReLU
from pyconv.layers.repeat_vector import RepeatVector
from pyconv.layers.reshape import Reshape
from pyconv.layers.symbolic import SymbolicTensor

CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        Activation,
        Add,
        Average,
        Concatenate,
        Conv2D,
        Dense,
        ELU,
        Flatten,
        InputLayer,
        LeakyReLU,
        MaxPooling2D,
        Maximum,
        Minimum,
        Multiply,
        PReLU,
        Permute,
        ReLU,
        RepeatVector,
        Reshape,
        Softmax,
        Subtract,
    )
}

__all__ = [
    "Activation",
    "Add",
    "Average",
    "Concatenate",
    "Conv2D",
    "Dense",
    "ELU",
    "Flatten",
    "Input",
    "InputLayer",
    "Layer",
    "LayerOptions",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "Minimum",
    "Multiply",
    "PReLU",
    "Permute",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "Softmax",
    "Subtract",
    "SymbolicTensor",
    "add",
    "average",
    "concatenate",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]

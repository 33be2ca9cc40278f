# SPDX-License-Identifier: BSD-3-Clause
"""Convolutional networks at native speed, with NumPy as the only dependency."""

from pyconv import (
    activations,
    callbacks,
    initializers,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    random,
)
from pyconv.autograd import (
    GradientTape,
    Tensor,
    Variable,
    conv2d,
    dense,
    gradient_check,
    max_pool2d,
    no_recording,
    relu,
    softmax_cross_entropy,
)
from pyconv.layers import Input
from pyconv.models import Model, Sequential, load_model, save_model
from pyconv.random import set_seed

__version__ = "0.1.0"

__all__ = [
    "GradientTape",
    "Input",
    "Model",
    "Sequential",
    "Tensor",
    "Variable",
    "activations",
    "callbacks",
    "conv2d",
    "dense",
    "gradient_check",
    "initializers",
    "layers",
    "load_model",
    "losses",
    "max_pool2d",
    "metrics",
    "models",
    "no_recording",
    "optimizers",
    "random",
    "relu",
    "save_model",
    "set_seed",
    "softmax_cross_entropy",
]

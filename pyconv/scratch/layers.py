# SPDX-License-Identifier: BSD-3-Clause
"""All layers of the book, and what its star import brings along."""

import numpy as np

from pyconv.scratch.activation import Relu, Sigmoid
from pyconv.scratch.batch_norm import BatchNormalization
from pyconv.scratch.conv2d import Convolution
from pyconv.scratch.dense import Affine
from pyconv.scratch.dropout import Dropout
from pyconv.scratch.functions import (
    cross_entropy_error,
    identity_function,
    mean_squared_error,
    relu,
    relu_grad,
    sigmoid,
    sigmoid_grad,
    softmax,
    softmax_loss,
    step_function,
    sum_squared_error,
)
from pyconv.scratch.max_pool2d import Pooling
from pyconv.scratch.softmax_cross_entropy import SoftmaxWithLoss
from pyconv.scratch.util import col2im, im2col

__all__ = [
    "Affine",
    "BatchNormalization",
    "Convolution",
    "Dropout",
    "Pooling",
    "Relu",
    "Sigmoid",
    "SoftmaxWithLoss",
    "col2im",
    "cross_entropy_error",
    "identity_function",
    "im2col",
    "mean_squared_error",
    "np",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "softmax_loss",
    "step_function",
    "sum_squared_error",
]

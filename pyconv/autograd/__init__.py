# SPDX-License-Identifier: BSD-3-Clause
"""Tensors, the tape, and one differentiable function per operation."""

from pyconv.autograd.tensor import Tensor, array_of, as_tensor  # isort: skip
from pyconv.autograd.activation import (
    elu,
    gelu,
    hard_sigmoid,
    hard_swish,
    leaky_relu,
    relu,
    relu6,
    selu,
    sigmoid,
    softplus,
    swish,
    tanh,
)
from pyconv.autograd.arithmetic import add, divide, multiply, negative, power, subtract
from pyconv.autograd.conv2d import conv2d
from pyconv.autograd.dense import dense
from pyconv.autograd.dropout import dropout
from pyconv.autograd.elementwise import (
    absolute,
    cast,
    clip,
    exp,
    log,
    sqrt,
)
from pyconv.autograd.function import Function
from pyconv.autograd.gradient_check import gradient_check
from pyconv.autograd.matmul import matmul
from pyconv.autograd.max_pool2d import max_pool2d
from pyconv.autograd.reductions import max, mean, sum
from pyconv.autograd.shaping import concatenate, getitem, reshape, stack, transpose
from pyconv.autograd.sigmoid_cross_entropy import binary_cross_entropy, sigmoid_cross_entropy
from pyconv.autograd.softmax import log_softmax, softmax
from pyconv.autograd.softmax_cross_entropy import cross_entropy, softmax_cross_entropy
from pyconv.autograd.tape import GradientTape, no_recording
from pyconv.autograd.variable import Variable

__all__ = [
    "Function",
    "GradientTape",
    "Tensor",
    "Variable",
    "absolute",
    "add",
    "array_of",
    "as_tensor",
    "binary_cross_entropy",
    "cast",
    "clip",
    "concatenate",
    "conv2d",
    "cross_entropy",
    "dense",
    "divide",
    "dropout",
    "elu",
    "exp",
    "gelu",
    "getitem",
    "gradient_check",
    "hard_sigmoid",
    "hard_swish",
    "leaky_relu",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pool2d",
    "mean",
    "multiply",
    "negative",
    "no_recording",
    "power",
    "relu",
    "relu6",
    "reshape",
    "selu",
    "sigmoid",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "sqrt",
    "stack",
    "subtract",
    "sum",
    "swish",
    "tanh",
    "transpose",
]

# SPDX-License-Identifier: BSD-3-Clause
"""Tensors, the tape, and one differentiable function per operation."""

from pyconv.autograd.tensor import Tensor, array_of, as_tensor  # isort: skip
from pyconv.autograd.arithmetic import (
    add,
    divide,
    maximum,
    minimum,
    multiply,
    negative,
    power,
    subtract,
)
from pyconv.autograd.conv2d import conv2d
from pyconv.autograd.dense import dense
from pyconv.autograd.elementwise import (
    absolute,
    cast,
    clip,
    exp,
    log,
    relu6,
    sigmoid,
    sqrt,
    square,
    tanh,
)
from pyconv.autograd.filling import broadcast_to, pad, tile, where
from pyconv.autograd.function import Function
from pyconv.autograd.gradient_check import gradient_check
from pyconv.autograd.matmul import matmul
from pyconv.autograd.max_pool2d import max_pool2d
from pyconv.autograd.reductions import argmax, l2_normalize, max, mean, min, sum, var
from pyconv.autograd.relu import relu
from pyconv.autograd.shaping import (
    concatenate,
    expand_dims,
    flip,
    getitem,
    reshape,
    split,
    squeeze,
    stack,
    transpose,
)
from pyconv.autograd.softmax import softmax
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
    "argmax",
    "array_of",
    "as_tensor",
    "broadcast_to",
    "cast",
    "clip",
    "concatenate",
    "conv2d",
    "cross_entropy",
    "dense",
    "divide",
    "exp",
    "expand_dims",
    "flip",
    "getitem",
    "gradient_check",
    "l2_normalize",
    "log",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "multiply",
    "negative",
    "no_recording",
    "pad",
    "power",
    "relu",
    "relu6",
    "reshape",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "tanh",
    "tile",
    "transpose",
    "var",
    "where",
]

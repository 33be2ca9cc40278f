# SPDX-License-Identifier: BSD-3-Clause
"""Tensors, the tape, and one differentiable function per operation."""

from pyconv.autograd.tensor import Tensor, array_of, as_tensor  # isort: skip
from pyconv.autograd.affine_sample import affine_sample
from pyconv.autograd.arithmetic import add, divide, multiply, negative, power, subtract
from pyconv.autograd.avg_pool2d import avg_pool2d
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
    tanh,
)
from pyconv.autograd.function import Function
from pyconv.autograd.global_pool2d import global_avg_pool2d, global_max_pool2d
from pyconv.autograd.gradient_check import gradient_check
from pyconv.autograd.matmul import matmul
from pyconv.autograd.max_pool2d import max_pool2d
from pyconv.autograd.min_pool2d import min_pool2d
from pyconv.autograd.pad import pad
from pyconv.autograd.reductions import max, mean, sum
from pyconv.autograd.relu import relu
from pyconv.autograd.resize import resize
from pyconv.autograd.shaping import concatenate, getitem, reshape, stack, transpose
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
    "affine_sample",
    "array_of",
    "as_tensor",
    "avg_pool2d",
    "cast",
    "clip",
    "concatenate",
    "conv2d",
    "cross_entropy",
    "dense",
    "divide",
    "exp",
    "getitem",
    "global_avg_pool2d",
    "global_max_pool2d",
    "gradient_check",
    "log",
    "matmul",
    "max",
    "max_pool2d",
    "mean",
    "min_pool2d",
    "multiply",
    "negative",
    "no_recording",
    "pad",
    "power",
    "relu",
    "relu6",
    "reshape",
    "resize",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "sqrt",
    "stack",
    "subtract",
    "sum",
    "tanh",
    "transpose",
]

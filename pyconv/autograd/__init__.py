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
from pyconv.autograd.affine_sample import affine_sample
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
from pyconv.autograd.avg_pool2d import avg_pool2d
from pyconv.autograd.batch_norm import batch_norm
from pyconv.autograd.conv2d import conv2d
from pyconv.autograd.conv2d_transpose import conv2d_transpose
from pyconv.autograd.dense import dense
from pyconv.autograd.depthwise_conv2d import depthwise_conv2d
from pyconv.autograd.dropout import dropout
from pyconv.autograd.elementwise import absolute, cast, clip, exp, log, sqrt, square
from pyconv.autograd.filling import broadcast_to, pad, tile, where
from pyconv.autograd.function import Function
from pyconv.autograd.global_pool2d import global_avg_pool2d, global_max_pool2d
from pyconv.autograd.gradient_check import gradient_check
from pyconv.autograd.group_norm import group_norm
from pyconv.autograd.layer_norm import layer_norm
from pyconv.autograd.local_response_norm import local_response_norm
from pyconv.autograd.matmul import matmul
from pyconv.autograd.max_pool2d import max_pool2d
from pyconv.autograd.min_pool2d import min_pool2d
from pyconv.autograd.reductions import argmax, l2_normalize, max, mean, min, sum, var
from pyconv.autograd.resize import resize
from pyconv.autograd.separable_conv2d import separable_conv2d
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
    "affine_sample",
    "argmax",
    "array_of",
    "as_tensor",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "broadcast_to",
    "cast",
    "clip",
    "concatenate",
    "conv2d",
    "conv2d_transpose",
    "cross_entropy",
    "dense",
    "depthwise_conv2d",
    "divide",
    "dropout",
    "elu",
    "exp",
    "expand_dims",
    "flip",
    "gelu",
    "getitem",
    "global_avg_pool2d",
    "global_max_pool2d",
    "gradient_check",
    "group_norm",
    "hard_sigmoid",
    "hard_swish",
    "l2_normalize",
    "layer_norm",
    "leaky_relu",
    "local_response_norm",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pool2d",
    "maximum",
    "mean",
    "min",
    "min_pool2d",
    "minimum",
    "multiply",
    "negative",
    "no_recording",
    "pad",
    "power",
    "relu",
    "relu6",
    "reshape",
    "resize",
    "selu",
    "separable_conv2d",
    "sigmoid",
    "sigmoid_cross_entropy",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "subtract",
    "sum",
    "swish",
    "tanh",
    "tile",
    "transpose",
    "var",
    "where",
]

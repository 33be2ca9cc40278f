# SPDX-License-Identifier: BSD-3-Clause
"""Every op again in naive NumPy: readable, obviously right, slow; for tests, docs, benchmarks."""

from pyconv.reference.activation import elu as elu
from pyconv.reference.activation import elu_backward as elu_backward
from pyconv.reference.activation import gelu as gelu
from pyconv.reference.activation import gelu_backward as gelu_backward
from pyconv.reference.activation import hard_sigmoid as hard_sigmoid
from pyconv.reference.activation import hard_sigmoid_backward as hard_sigmoid_backward
from pyconv.reference.activation import hard_swish as hard_swish
from pyconv.reference.activation import hard_swish_backward as hard_swish_backward
from pyconv.reference.activation import leaky_relu as leaky_relu
from pyconv.reference.activation import leaky_relu_backward as leaky_relu_backward
from pyconv.reference.activation import log_softmax as log_softmax
from pyconv.reference.activation import log_softmax_backward as log_softmax_backward
from pyconv.reference.activation import relu as relu
from pyconv.reference.activation import relu6 as relu6
from pyconv.reference.activation import relu6_backward as relu6_backward
from pyconv.reference.activation import relu_backward as relu_backward
from pyconv.reference.activation import selu as selu
from pyconv.reference.activation import selu_backward as selu_backward
from pyconv.reference.activation import sigmoid as sigmoid
from pyconv.reference.activation import sigmoid_backward as sigmoid_backward
from pyconv.reference.activation import softmax as softmax
from pyconv.reference.activation import softmax_backward as softmax_backward
from pyconv.reference.activation import softplus as softplus
from pyconv.reference.activation import softplus_backward as softplus_backward
from pyconv.reference.activation import swish as swish
from pyconv.reference.activation import swish_backward as swish_backward
from pyconv.reference.activation import tanh as tanh
from pyconv.reference.activation import tanh_backward as tanh_backward
from pyconv.reference.adadelta_step import adadelta_step as adadelta_step
from pyconv.reference.adagrad_step import adagrad_step as adagrad_step
from pyconv.reference.adam_step import adam_step as adam_step
from pyconv.reference.adamax_step import adamax_step as adamax_step
from pyconv.reference.affine_sample import affine_sample as affine_sample
from pyconv.reference.affine_sample import affine_sample_backward as affine_sample_backward
from pyconv.reference.avg_pool2d import avg_pool2d as avg_pool2d
from pyconv.reference.avg_pool2d import avg_pool2d_backward as avg_pool2d_backward
from pyconv.reference.batch_norm import batch_norm as batch_norm
from pyconv.reference.batch_norm import batch_norm_backward as batch_norm_backward
from pyconv.reference.conv2d import conv2d as conv2d
from pyconv.reference.conv2d import conv2d_backward as conv2d_backward
from pyconv.reference.conv2d_transpose import conv2d_transpose as conv2d_transpose
from pyconv.reference.conv2d_transpose import conv2d_transpose_backward as conv2d_transpose_backward
from pyconv.reference.dense import dense as dense
from pyconv.reference.dense import dense_backward as dense_backward
from pyconv.reference.depthwise_conv2d import depthwise_conv2d as depthwise_conv2d
from pyconv.reference.depthwise_conv2d import depthwise_conv2d_backward as depthwise_conv2d_backward
from pyconv.reference.dropout import dropout as dropout
from pyconv.reference.dropout import dropout_backward as dropout_backward
from pyconv.reference.gemm import gemm as gemm
from pyconv.reference.global_pool2d import global_avg_pool2d as global_avg_pool2d
from pyconv.reference.global_pool2d import global_avg_pool2d_backward as global_avg_pool2d_backward
from pyconv.reference.global_pool2d import global_max_pool2d as global_max_pool2d
from pyconv.reference.global_pool2d import global_max_pool2d_backward as global_max_pool2d_backward
from pyconv.reference.global_pool2d import (
    global_max_pool2d_with_argmax as global_max_pool2d_with_argmax,
)
from pyconv.reference.group_norm import group_norm as group_norm
from pyconv.reference.group_norm import group_norm_backward as group_norm_backward
from pyconv.reference.im2col import col2im as col2im
from pyconv.reference.im2col import im2col as im2col
from pyconv.reference.layer_norm import layer_norm as layer_norm
from pyconv.reference.layer_norm import layer_norm_backward as layer_norm_backward
from pyconv.reference.local_response_norm import local_response_norm as local_response_norm
from pyconv.reference.local_response_norm import (
    local_response_norm_backward as local_response_norm_backward,
)
from pyconv.reference.max_pool2d import max_pool2d as max_pool2d
from pyconv.reference.max_pool2d import max_pool2d_backward as max_pool2d_backward
from pyconv.reference.max_pool2d import max_pool2d_with_argmax as max_pool2d_with_argmax
from pyconv.reference.min_pool2d import min_pool2d as min_pool2d
from pyconv.reference.min_pool2d import min_pool2d_backward as min_pool2d_backward
from pyconv.reference.min_pool2d import min_pool2d_with_argmin as min_pool2d_with_argmin
from pyconv.reference.nadam_step import nadam_step as nadam_step
from pyconv.reference.resize import resize as resize
from pyconv.reference.resize import resize_backward as resize_backward
from pyconv.reference.rmsprop_step import rmsprop_step as rmsprop_step
from pyconv.reference.separable_conv2d import separable_conv2d as separable_conv2d
from pyconv.reference.separable_conv2d import separable_conv2d_backward as separable_conv2d_backward
from pyconv.reference.sgd_step import sgd_step as sgd_step
from pyconv.reference.sigmoid_cross_entropy import sigmoid_cross_entropy as sigmoid_cross_entropy
from pyconv.reference.sigmoid_cross_entropy import (
    sigmoid_cross_entropy_backward as sigmoid_cross_entropy_backward,
)
from pyconv.reference.softmax_cross_entropy import softmax_cross_entropy as softmax_cross_entropy
from pyconv.reference.softmax_cross_entropy import (
    softmax_cross_entropy_backward as softmax_cross_entropy_backward,
)

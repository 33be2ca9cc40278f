# SPDX-License-Identifier: BSD-3-Clause
"""Pure functions on arrays, forward and backward; no state, no graph."""

from pyconv.ops.activation import relu as relu
from pyconv.ops.activation import relu6 as relu6
from pyconv.ops.activation import relu6_backward as relu6_backward
from pyconv.ops.activation import relu_backward as relu_backward
from pyconv.ops.activation import sigmoid as sigmoid
from pyconv.ops.activation import sigmoid_backward as sigmoid_backward
from pyconv.ops.activation import tanh as tanh
from pyconv.ops.activation import tanh_backward as tanh_backward
from pyconv.ops.adadelta_step import adadelta_step as adadelta_step
from pyconv.ops.adagrad_step import adagrad_step as adagrad_step
from pyconv.ops.adam_step import adam_step as adam_step
from pyconv.ops.adamax_step import adamax_step as adamax_step
from pyconv.ops.affine_sample import affine_sample as affine_sample
from pyconv.ops.affine_sample import affine_sample_backward as affine_sample_backward
from pyconv.ops.avg_pool2d import avg_pool2d as avg_pool2d
from pyconv.ops.avg_pool2d import avg_pool2d_backward as avg_pool2d_backward
from pyconv.ops.batch_norm import batch_norm as batch_norm
from pyconv.ops.batch_norm import batch_norm_backward as batch_norm_backward
from pyconv.ops.conv2d import conv2d as conv2d
from pyconv.ops.conv2d import conv2d_backward as conv2d_backward
from pyconv.ops.conv2d_transpose import conv2d_transpose as conv2d_transpose
from pyconv.ops.conv2d_transpose import conv2d_transpose_backward as conv2d_transpose_backward
from pyconv.ops.dense import dense as dense
from pyconv.ops.dense import dense_backward as dense_backward
from pyconv.ops.depthwise_conv2d import depthwise_conv2d as depthwise_conv2d
from pyconv.ops.depthwise_conv2d import depthwise_conv2d_backward as depthwise_conv2d_backward
from pyconv.ops.dropout import dropout as dropout
from pyconv.ops.dropout import dropout_backward as dropout_backward
from pyconv.ops.gelu import gelu as gelu
from pyconv.ops.gelu import gelu_backward as gelu_backward
from pyconv.ops.gelu import swish as swish
from pyconv.ops.gelu import swish_backward as swish_backward
from pyconv.ops.gemm import gemm as gemm
from pyconv.ops.global_pool2d import global_avg_pool2d as global_avg_pool2d
from pyconv.ops.global_pool2d import global_avg_pool2d_backward as global_avg_pool2d_backward
from pyconv.ops.global_pool2d import global_max_pool2d as global_max_pool2d
from pyconv.ops.global_pool2d import global_max_pool2d_backward as global_max_pool2d_backward
from pyconv.ops.global_pool2d import global_max_pool2d_with_argmax as global_max_pool2d_with_argmax
from pyconv.ops.group_norm import group_norm as group_norm
from pyconv.ops.group_norm import group_norm_backward as group_norm_backward
from pyconv.ops.im2col import col2im as col2im
from pyconv.ops.im2col import im2col as im2col
from pyconv.ops.layer_norm import layer_norm as layer_norm
from pyconv.ops.layer_norm import layer_norm_backward as layer_norm_backward
from pyconv.ops.local_response_norm import local_response_norm as local_response_norm
from pyconv.ops.local_response_norm import (
    local_response_norm_backward as local_response_norm_backward,
)
from pyconv.ops.max_pool2d import max_pool2d as max_pool2d
from pyconv.ops.max_pool2d import max_pool2d_backward as max_pool2d_backward
from pyconv.ops.max_pool2d import max_pool2d_with_argmax as max_pool2d_with_argmax
from pyconv.ops.min_pool2d import min_pool2d as min_pool2d
from pyconv.ops.min_pool2d import min_pool2d_backward as min_pool2d_backward
from pyconv.ops.min_pool2d import min_pool2d_with_argmin as min_pool2d_with_argmin
from pyconv.ops.nadam_step import nadam_step as nadam_step
from pyconv.ops.rectifiers import elu as elu
from pyconv.ops.rectifiers import elu_backward as elu_backward
from pyconv.ops.rectifiers import hard_sigmoid as hard_sigmoid
from pyconv.ops.rectifiers import hard_sigmoid_backward as hard_sigmoid_backward
from pyconv.ops.rectifiers import hard_swish as hard_swish
from pyconv.ops.rectifiers import hard_swish_backward as hard_swish_backward
from pyconv.ops.rectifiers import leaky_relu as leaky_relu
from pyconv.ops.rectifiers import leaky_relu_backward as leaky_relu_backward
from pyconv.ops.rectifiers import selu as selu
from pyconv.ops.rectifiers import selu_backward as selu_backward
from pyconv.ops.rectifiers import softplus as softplus
from pyconv.ops.rectifiers import softplus_backward as softplus_backward
from pyconv.ops.resize import resize as resize
from pyconv.ops.resize import resize_backward as resize_backward
from pyconv.ops.rmsprop_step import rmsprop_step as rmsprop_step
from pyconv.ops.separable_conv2d import separable_conv2d as separable_conv2d
from pyconv.ops.separable_conv2d import separable_conv2d_backward as separable_conv2d_backward
from pyconv.ops.sgd_step import sgd_step as sgd_step
from pyconv.ops.sigmoid_cross_entropy import sigmoid_cross_entropy as sigmoid_cross_entropy
from pyconv.ops.sigmoid_cross_entropy import (
    sigmoid_cross_entropy_backward as sigmoid_cross_entropy_backward,
)
from pyconv.ops.softmax import log_softmax as log_softmax
from pyconv.ops.softmax import log_softmax_backward as log_softmax_backward
from pyconv.ops.softmax import softmax as softmax
from pyconv.ops.softmax import softmax_backward as softmax_backward
from pyconv.ops.softmax_cross_entropy import softmax_cross_entropy as softmax_cross_entropy
from pyconv.ops.softmax_cross_entropy import (
    softmax_cross_entropy_backward as softmax_cross_entropy_backward,
)

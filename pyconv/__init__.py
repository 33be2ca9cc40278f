# SPDX-License-Identifier: BSD-3-Clause
"""Convolutional networks at native speed, with NumPy as the only dependency."""

import sys as _sys
from typing import TYPE_CHECKING

from pyconv import activations as activations
from pyconv import autograd as autograd
from pyconv import callbacks as callbacks
from pyconv import constraints as constraints
from pyconv import initializers as initializers
from pyconv import layers as layers
from pyconv import losses as losses
from pyconv import metrics as metrics
from pyconv import mixed_precision as mixed_precision
from pyconv import models as models
from pyconv import ops as ops
from pyconv import optimizers as optimizers
from pyconv import random as random
from pyconv import regularizers as regularizers
from pyconv import schedules as schedules
from pyconv.autograd import GradientTape as GradientTape
from pyconv.autograd import Tensor as Tensor
from pyconv.autograd import Variable as Variable
from pyconv.autograd import affine_sample as affine_sample
from pyconv.autograd import argmax as argmax
from pyconv.autograd import avg_pool2d as avg_pool2d
from pyconv.autograd import batch_norm as batch_norm
from pyconv.autograd import cast as cast
from pyconv.autograd import clip as clip
from pyconv.autograd import concatenate as concatenate
from pyconv.autograd import conv2d as conv2d
from pyconv.autograd import conv2d_transpose as conv2d_transpose
from pyconv.autograd import dense as dense
from pyconv.autograd import depthwise_conv2d as depthwise_conv2d
from pyconv.autograd import dropout as dropout
from pyconv.autograd import elu as elu
from pyconv.autograd import exp as exp
from pyconv.autograd import expand_dims as expand_dims
from pyconv.autograd import gelu as gelu
from pyconv.autograd import global_avg_pool2d as global_avg_pool2d
from pyconv.autograd import global_max_pool2d as global_max_pool2d
from pyconv.autograd import gradient_check as gradient_check
from pyconv.autograd import group_norm as group_norm
from pyconv.autograd import hard_sigmoid as hard_sigmoid
from pyconv.autograd import hard_swish as hard_swish
from pyconv.autograd import l2_normalize as l2_normalize
from pyconv.autograd import layer_norm as layer_norm
from pyconv.autograd import leaky_relu as leaky_relu
from pyconv.autograd import local_response_norm as local_response_norm
from pyconv.autograd import log as log
from pyconv.autograd import log_softmax as log_softmax
from pyconv.autograd import matmul as matmul
from pyconv.autograd import max_pool2d as max_pool2d
from pyconv.autograd import maximum as maximum
from pyconv.autograd import mean as mean
from pyconv.autograd import min_pool2d as min_pool2d
from pyconv.autograd import minimum as minimum
from pyconv.autograd import no_recording as no_recording
from pyconv.autograd import relu as relu
from pyconv.autograd import relu6 as relu6
from pyconv.autograd import reshape as reshape
from pyconv.autograd import resize as resize
from pyconv.autograd import selu as selu
from pyconv.autograd import separable_conv2d as separable_conv2d
from pyconv.autograd import sigmoid as sigmoid
from pyconv.autograd import sigmoid_cross_entropy as sigmoid_cross_entropy
from pyconv.autograd import softmax as softmax
from pyconv.autograd import softmax_cross_entropy as softmax_cross_entropy
from pyconv.autograd import softplus as softplus
from pyconv.autograd import sqrt as sqrt
from pyconv.autograd import square as square
from pyconv.autograd import squeeze as squeeze
from pyconv.autograd import swish as swish
from pyconv.autograd import tanh as tanh
from pyconv.autograd import transpose as transpose
from pyconv.autograd import where as where
from pyconv.layers import Input as Input
from pyconv.layers import Layer as Layer
from pyconv.layers.operation import stack as stack
from pyconv.models import Model as Model
from pyconv.models import Sequential as Sequential
from pyconv.models import load_model as load_model
from pyconv.models import save_model as save_model
from pyconv.ops.conv2d import set_conv_algorithm as set_conv_algorithm
from pyconv.random import set_seed as set_seed
from pyconv.runtime import get_device as get_device
from pyconv.runtime import memory_info as memory_info
from pyconv.runtime import set_device as set_device
from pyconv.runtime import set_num_threads as set_num_threads
from pyconv.runtime import show_config as show_config
from pyconv.runtime import trim_memory as trim_memory

keras = _sys.modules[__name__]  # for programs that say tf.keras after `import pyconv as tf`

__version__ = "0.1.0"

if TYPE_CHECKING:
    from pyconv import applications as applications
    from pyconv import data as data
    from pyconv import datasets as datasets
    from pyconv import evaluation as evaluation
    from pyconv import preprocessing as preprocessing
    from pyconv import utils as utils
    from pyconv import visualization as visualization
else:
    _ROOMS = (
        "applications",
        "data",
        "datasets",
        "evaluation",
        "preprocessing",
        "utils",
        "visualization",
    )

    _INSTEAD = {  # of names that programs say after `import tensorflow as tf`
        "reduce_mean": "write pyconv.mean",
        "reduce_sum": "write x.sum(...)",
        "reduce_max": "write x.max(...)",
        "math": "write pyconv.l2_normalize and so on, without math",
        "constant": "write pyconv.Tensor",
        "convert_to_tensor": "write pyconv.Tensor",
        "function": "leave the decorator out",
        "nn": "write pyconv.softmax and so on, without nn",
        "zeros": "write pyconv.Tensor(numpy.zeros(...))",
        "ones": "write pyconv.Tensor(numpy.ones(...))",
        "float32": "write 'float32'",
        "uint8": "write 'uint8'",
        "one_hot": "write pyconv.utils.to_categorical",
        "concat": "write pyconv.concatenate",
        "clip_by_value": "write pyconv.clip",
        "abs": "write abs(x)",
        "image": "write pyconv.resize, or pyconv.utils.load_img for files",
        "io": "write pyconv.utils.load_img",
        "config": "write pyconv.show_config(), or pyconv.set_device('cuda') for a GPU",
    }

    def __getattr__(name: str) -> object:
        """Load a room that is built from the library when it is first asked for."""
        if name in _ROOMS:
            from importlib import import_module

            return import_module(f"pyconv.{name}")
        hint = f"; {_INSTEAD[name]}" if name in _INSTEAD else ""
        raise AttributeError(f"module 'pyconv' has no attribute {name!r}{hint}")

    def __dir__() -> list[str]:
        return sorted({*globals(), *_ROOMS})

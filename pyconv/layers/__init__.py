# SPDX-License-Identifier: BSD-3-Clause
"""Layers by Keras's names, argument names and defaults."""

from pyconv.layers.activation import ELU, Activation, Softmax
from pyconv.layers.activity_regularization import ActivityRegularization
from pyconv.layers.avg_pool2d import AveragePooling2D, AvgPool2D
from pyconv.layers.batch_normalization import BatchNormalization
from pyconv.layers.center_crop import CenterCrop
from pyconv.layers.concatenate import Concatenate, concatenate
from pyconv.layers.conv2d import Conv2D
from pyconv.layers.conv2d_transpose import Conv2DTranspose
from pyconv.layers.cropping2d import Cropping2D
from pyconv.layers.dense import Dense
from pyconv.layers.depthwise_conv2d import DepthwiseConv2D
from pyconv.layers.dot import Dot, dot
from pyconv.layers.drop_connect import DropConnect
from pyconv.layers.dropout import Dropout, GaussianNoise, SpatialDropout2D
from pyconv.layers.flatten import Flatten
from pyconv.layers.global_pool2d import (
    GlobalAveragePooling2D,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GlobalMaxPooling2D,
)
from pyconv.layers.group_normalization import GroupNormalization
from pyconv.layers.input import Input, InputLayer
from pyconv.layers.layer import Layer
from pyconv.layers.layer_normalization import LayerNormalization
from pyconv.layers.local_response_normalization import LocalResponseNormalization
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
from pyconv.layers.min_pool2d import MinPool2D, MinPooling2D
from pyconv.layers.normalization import Normalization
from pyconv.layers.options import LayerOptions
from pyconv.layers.permute import Permute
from pyconv.layers.random_brightness import RandomBrightness
from pyconv.layers.random_contrast import RandomContrast
from pyconv.layers.random_crop import RandomCrop
from pyconv.layers.random_flip import RandomFlip
from pyconv.layers.random_rotation import RandomRotation
from pyconv.layers.random_translation import RandomTranslation
from pyconv.layers.random_zoom import RandomZoom
from pyconv.layers.relu import LeakyReLU, PReLU, ReLU
from pyconv.layers.repeat_vector import RepeatVector
from pyconv.layers.rescaling import Rescaling
from pyconv.layers.reshape import Reshape
from pyconv.layers.resizing import Resizing
from pyconv.layers.separable_conv2d import SeparableConv2D
from pyconv.layers.symbolic import SymbolicTensor
from pyconv.layers.up_sampling2d import UpSampling2D
from pyconv.layers.zero_padding2d import ZeroPadding2D

CLASSES: dict[str, type[Layer]] = {
    cls.__name__: cls
    for cls in (
        ActivityRegularization,
        Activation,
        Add,
        Average,
        AveragePooling2D,
        BatchNormalization,
        Concatenate,
        Conv2D,
        Conv2DTranspose,
        DepthwiseConv2D,
        SeparableConv2D,
        Cropping2D,
        Dense,
        Dot,
        DropConnect,
        Dropout,
        ELU,
        Flatten,
        GaussianNoise,
        GlobalAveragePooling2D,
        GlobalMaxPooling2D,
        GroupNormalization,
        InputLayer,
        LayerNormalization,
        LeakyReLU,
        LocalResponseNormalization,
        MaxPooling2D,
        Maximum,
        MinPooling2D,
        Minimum,
        Multiply,
        Normalization,
        PReLU,
        Permute,
        ReLU,
        CenterCrop,
        RandomFlip,
        RandomRotation,
        RandomZoom,
        RandomTranslation,
        RandomCrop,
        RandomContrast,
        RandomBrightness,
        Resizing,
        RepeatVector,
        Rescaling,
        Reshape,
        Softmax,
        SpatialDropout2D,
        Subtract,
        UpSampling2D,
        ZeroPadding2D,
    )
}

# Keras's long names.
Convolution2D, Convolution2DTranspose = Conv2D, Conv2DTranspose
SeparableConvolution2D = SeparableConv2D

__all__ = [
    "ELU",
    "Activation",
    "ActivityRegularization",
    "Add",
    "Average",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "CenterCrop",
    "Concatenate",
    "Conv2D",
    "Conv2DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Cropping2D",
    "Dense",
    "DepthwiseConv2D",
    "Dot",
    "DropConnect",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "GroupNormalization",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "LayerOptions",
    "LeakyReLU",
    "LocalResponseNormalization",
    "MaxPool2D",
    "MaxPooling2D",
    "Maximum",
    "MinPool2D",
    "MinPooling2D",
    "Minimum",
    "Multiply",
    "Normalization",
    "PReLU",
    "Permute",
    "RandomBrightness",
    "RandomContrast",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "ReLU",
    "RepeatVector",
    "Rescaling",
    "Reshape",
    "Resizing",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "Softmax",
    "SpatialDropout2D",
    "Subtract",
    "SymbolicTensor",
    "UpSampling2D",
    "ZeroPadding2D",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]

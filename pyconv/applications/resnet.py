# SPDX-License-Identifier: BSD-3-Clause
"""Residual networks: ResNet50, 101 and 152 as Keras has them, ResNet18 and 34 of plain blocks.

Keras's first form puts the stride of a stage on its first 1 x 1 convolution and keeps biases.
Source: He, Zhang, Ren and Sun, 2016 (arXiv:1512.03385); names as in keras.applications.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from pyconv.applications.classifier import Options, classifier
from pyconv.applications.imagenet_utils import decode_predictions
from pyconv.applications.imagenet_utils import preprocess_caffe as preprocess_input
from pyconv.applications.published_weights import PublishedWeights, published
from pyconv.applications.signature import NetworkFunction, network
from pyconv.geometry import Padding
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    MaxPooling2D,
    SymbolicTensor,
    ZeroPadding2D,
)
from pyconv.models import Model

EPSILON = 1.001e-5
FILTERS = (64, 128, 256, 512)  # of the stages conv2 to conv5

Block = Callable[[SymbolicTensor, int, int, bool, str], SymbolicTensor]


def _normalised(x: SymbolicTensor, name: str, *, relu: bool = True) -> SymbolicTensor:
    x = BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(x)
    return Activation("relu", name=f"{name}_relu")(x) if relu else x


def bottleneck(
    x: SymbolicTensor, filters: int, stride: int, project: bool, name: str
) -> SymbolicTensor:
    """Return relu(shortcut + 1x1 -> 3x3 -> 1x1); the last has four times the filters."""
    shortcut = x
    if project:
        shortcut = Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = _normalised(shortcut, f"{name}_0", relu=False)
    x = _normalised(Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x), f"{name}_1")
    x = _normalised(Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x), f"{name}_2")
    x = _normalised(Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3", relu=False)
    return _joined(shortcut, x, name)


def plain_block(
    x: SymbolicTensor, filters: int, stride: int, project: bool, name: str
) -> SymbolicTensor:
    """Return relu(shortcut + 3x3 -> 3x3), without biases; a stride's padding lies on all sides."""
    shortcut = x
    if stride > 1:
        conv = Conv2D(filters, 1, strides=stride, use_bias=False, name=f"{name}_0_conv")
        shortcut = _normalised(conv(x), f"{name}_0", relu=False)
        x = ZeroPadding2D(1, name=f"{name}_1_pad")(x)
    padding: Padding = "same" if stride == 1 else "valid"
    first = Conv2D(
        filters, 3, strides=stride, padding=padding, use_bias=False, name=f"{name}_1_conv"
    )
    second = Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_2_conv")
    x = _normalised(second(_normalised(first(x), f"{name}_1")), f"{name}_2", relu=False)
    return _joined(shortcut, x, name)


def _joined(shortcut: SymbolicTensor, x: SymbolicTensor, name: str) -> SymbolicTensor:
    return Activation("relu", name=f"{name}_out")(Add(name=f"{name}_add")([shortcut, x]))


def _body(
    block: Block, counts: tuple[int, ...], use_bias: bool, x: SymbolicTensor
) -> SymbolicTensor:
    x = ZeroPadding2D(3, name="conv1_pad")(x)
    x = _normalised(Conv2D(64, 7, strides=2, use_bias=use_bias, name="conv1_conv")(x), "conv1")
    x = ZeroPadding2D(1, name="pool1_pad")(x)
    x = MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    for stage, (filters, count) in enumerate(zip(FILTERS, counts, strict=True), 2):
        for number in range(1, count + 1):
            stride = 2 if number == 1 and stage > 2 else 1
            x = block(x, filters, stride, number == 1, f"conv{stage}_block{number}")
    return x


def _resnet(
    block: Block,
    counts: tuple[int, ...],
    weights: PublishedWeights | None,
    function: str,
    options: Options,
) -> Model:
    body = partial(_body, block, counts, block is bottleneck)
    return classifier(function, options, body, published=weights)


def _of_keras(
    depth: int, counts: tuple[int, ...], full: str, base: str, with_top: str, without_top: str
) -> NetworkFunction:
    about = f"""Return ResNet{depth} as Keras has it, {full} weights; {base} without its top.

    Images (n, 224, 224, 3), caffe-style: BGR less the mean (see preprocess_input); without a top
    any size from 32. Source: He et al., 2016; Keras ResNet{depth}."""
    weights = published(f"resnet{depth}", with_top, without_top, "resnet")
    return network(f"ResNet{depth}", about, partial(_resnet, bottleneck, counts, weights))


def _plain(depth: int, counts: tuple[int, ...], full: str) -> NetworkFunction:
    about = f"""Return ResNet{depth}, {full} weights besides the moving statistics.

    Images (n, 224, 224, 3); without a top any size from 32. Keras has no such network, so there
    are no weights of ImageNet. Source: He et al., 2016, table 1; numbers as in torchvision."""
    return network(f"ResNet{depth}", about, partial(_resnet, plain_block, counts, None), None)


ResNet18 = _plain(18, (2, 2, 2, 2), "11,689,512")
ResNet34 = _plain(34, (3, 4, 6, 3), "21,797,672")
ResNet50 = _of_keras(
    50,
    (3, 4, 6, 3),
    "25,636,712",
    "23,587,712",
    "2cb95161c43110f7111970584f804107",
    "4d473c1dd8becc155b73f8504c6f6626",
)
ResNet101 = _of_keras(
    101,
    (3, 4, 23, 3),
    "44,707,176",
    "42,658,176",
    "f1aeb4b969a6efcfb50fad2f0c20cfc5",
    "88cf7a10940856eca736dc7b7e228a21",
)
ResNet152 = _of_keras(
    152,
    (3, 8, 36, 3),
    "60,419,944",
    "58,370,944",
    "100835be76be38e30d865e96f2aaae62",
    "ee4c566cf9a93f14d82f913c2dc6dd0c",
)

__all__ = [
    "ResNet18",
    "ResNet34",
    "ResNet50",
    "ResNet101",
    "ResNet152",
    "decode_predictions",
    "preprocess_input",
]

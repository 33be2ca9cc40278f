# SPDX-License-Identifier: BSD-3-Clause
"""MobileNet: depthwise convolutions, each followed by a 1 x 1 convolution.

Source: Howard et al., 2017 (arXiv:1704.04861); names as in keras.applications.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pyconv.applications.classifier import (
    Activation,
    Options,
    Pooling,
    Weights,
    classifier,
)
from pyconv.applications.imagenet_utils import decode_predictions
from pyconv.applications.imagenet_utils import preprocess_tf as preprocess_input
from pyconv.applications.published_weights import APPLICATIONS, PublishedWeights
from pyconv.arguments import finite_number
from pyconv.datasets.download import RemoteFile
from pyconv.geometry import whole_number
from pyconv.layers import Activation as ActivationLayer
from pyconv.layers import (
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    ReLU,
    Reshape,
    SymbolicTensor,
    ZeroPadding2D,
)
from pyconv.models import Model

FIRST = 32  # filters
BLOCKS = (  # filters and stride of each
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1)),
    *((512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1)),
    *((1024, 2), (1024, 1)),
)
PUBLISHED_ALPHAS = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}
PUBLISHED_SIZES = (224, 192, 160, 128)


def MobileNet(
    input_shape: Any = None,
    alpha: float = 1.0,
    depth_multiplier: int = 1,
    dropout: float = 1e-3,
    include_top: bool = True,
    weights: Weights = "imagenet",
    input_tensor: SymbolicTensor | None = None,
    pooling: Pooling = None,
    classes: int = 1000,
    classifier_activation: Activation = "softmax",
    name: str | None = None,
) -> Model:
    """Return MobileNet, the first: 4,253,864 weights with alpha 1; 3,228,864 without its top.

    Images (n, 224, 224, 3), within -1 and 1 (see preprocess_input); any size from 32 without a
    top. The arguments that are not here are those of VGG16.

    Args:
        alpha: > 0, what the filters of every layer are multiplied by.
        depth_multiplier: depthwise filters per channel. dropout: rate before the classifier.
        weights: "imagenet" has alpha 0.25, 0.5, 0.75 and 1 at 128, 160, 192 and 224 pixels; Keras
            publishes no checksums of these files.
    Source: Howard et al., 2017; Keras MobileNet.
    """
    alpha = finite_number("MobileNet", "alpha", alpha)
    if int(FIRST * alpha) < 1:
        raise ValueError(f"MobileNet: alpha={alpha:g}; must leave a filter of {FIRST}")
    depth_multiplier = whole_number("MobileNet", "depth_multiplier", depth_multiplier, 1)
    published = None
    size = _published_size(input_shape)
    if weights == "imagenet":
        published = _published(alpha, depth_multiplier, size)
    if name is None:
        name = f"mobilenet_{alpha:0.2f}_{_rows(input_shape, include_top)}"
    options = Options(
        include_top,
        weights,
        input_tensor,
        input_shape,
        pooling,
        classes,
        classifier_activation,
        name,
    )
    return classifier(
        "MobileNet",
        options,
        partial(_body, alpha, depth_multiplier),
        partial(_head, dropout),
        published=published,
        default_size=size,
        sizes=PUBLISHED_SIZES,
        pool_names=(None, None),
    )


def _rows(input_shape: Any, include_top: bool) -> Any:
    if isinstance(input_shape, (list, tuple)) and input_shape:
        return input_shape[0]
    return 224 if include_top else None


def _published_size(input_shape: Any) -> int:
    """Return the size of images that weights are published for; 224 stands for all others."""
    if isinstance(input_shape, (list, tuple)) and len(input_shape) == 3:
        rows, columns = input_shape[:2]
        if rows == columns and rows in PUBLISHED_SIZES:
            return int(rows)
    return 224


def _published(alpha: float, depth_multiplier: int, size: int) -> PublishedWeights:
    if depth_multiplier != 1:
        raise ValueError(
            f"MobileNet: depth_multiplier={depth_multiplier}; weights='imagenet' has 1"
        )
    if alpha not in PUBLISHED_ALPHAS:
        raise ValueError(
            f"MobileNet: alpha={alpha:g}; weights='imagenet' has {sorted(PUBLISHED_ALPHAS)}"
        )
    name = f"mobilenet_{PUBLISHED_ALPHAS[alpha]}_{size}_tf"
    files = (RemoteFile(f"{name}{end}.h5", None) for end in ("", "_no_top"))
    return PublishedWeights(f"{APPLICATIONS}mobilenet/", *files)


def _normalised(x: SymbolicTensor, name: str) -> SymbolicTensor:
    return ReLU(6.0, name=f"{name}_relu")(BatchNormalization(name=f"{name}_bn")(x))


def _body(alpha: float, depth_multiplier: int, x: SymbolicTensor) -> SymbolicTensor:
    first = Conv2D(int(FIRST * alpha), 3, strides=2, padding="same", use_bias=False, name="conv1")
    x = _normalised(first(x), "conv1")
    for block, (filters, stride) in enumerate(BLOCKS, 1):
        if stride > 1:
            x = ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{block}")(x)
        depthwise = DepthwiseConv2D(
            3,
            strides=stride,
            padding="same" if stride == 1 else "valid",
            depth_multiplier=depth_multiplier,
            use_bias=False,
            name=f"conv_dw_{block}",
        )
        x = _normalised(depthwise(x), f"conv_dw_{block}")
        pointwise = Conv2D(
            int(filters * alpha), 1, padding="same", use_bias=False, name=f"conv_pw_{block}"
        )
        x = _normalised(pointwise(x), f"conv_pw_{block}")
    return x


def _head(
    dropout: float, x: SymbolicTensor, classes: int, activation: Activation
) -> SymbolicTensor:
    x = Dropout(dropout, name="dropout")(GlobalAveragePooling2D(keepdims=True)(x))
    x = Conv2D(classes, 1, padding="same", name="conv_preds")(x)
    x = Reshape((classes,), name="reshape_2")(x)
    return ActivationLayer("linear" if activation is None else activation, name="predictions")(x)


__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

# SPDX-License-Identifier: BSD-3-Clause
"""EfficientNetB0 to B7: one network, scaled in width, depth and image size.

Source: Tan and Le, 2019 (arXiv:1905.11946); names as in keras.applications.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from pyconv.applications.classifier import Activation as HeadActivation
from pyconv.applications.classifier import Options, classifier
from pyconv.applications.imagenet_utils import DEVIATION, decode_predictions
from pyconv.applications.imagenet_utils import preprocess_none as preprocess_input
from pyconv.applications.published_weights import PublishedWeights
from pyconv.applications.signature import NetworkFunction, network
from pyconv.datasets.download import RemoteFile
from pyconv.initializers import VarianceScaling
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Dropout,
    GlobalAveragePooling2D,
    Multiply,
    Normalization,
    Rescaling,
    Reshape,
    SymbolicTensor,
    ZeroPadding2D,
)
from pyconv.models import Model

ADDRESS = "https://storage.googleapis.com/keras-applications/"
STAGES = (  # window, repeats, filters, expansion, stride
    *((3, 1, 16, 1, 1), (3, 2, 24, 6, 2), (5, 2, 40, 6, 2), (3, 3, 80, 6, 2)),
    *((5, 3, 112, 6, 1), (5, 4, 192, 6, 2), (3, 1, 320, 6, 1)),
)
STEM, TOP, UNIT = 32, 1280, 8  # filters; what filters are a multiple of
SQUEEZE = 0.25  # of a block's input channels
DROP_CONNECT = 0.2  # rate at the last block


@dataclass(frozen=True)
class Scale:
    """What makes one of the family: factors of width and depth, pixels, rate before the head."""

    width: float
    depth: float
    size: int
    dropout: float

    def filters(self, count: int) -> int:
        """Return scaled filters, a multiple of UNIT and never below 90 % of the exact number."""
        exact = count * self.width
        rounded = max(UNIT, int(exact + UNIT / 2) // UNIT * UNIT)
        return rounded + UNIT if rounded < 0.9 * exact else rounded

    def repeats(self, count: int) -> int:
        return math.ceil(self.depth * count)


def _conv(filters: int, size: int, name: str, *, stride: int = 1, use_bias: bool = False) -> Conv2D:
    return Conv2D(
        filters,
        size,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=use_bias,
        kernel_initializer=VarianceScaling(2.0, "fan_out"),
        name=name,
    )


def _padded(x: SymbolicTensor, size: int, name: str) -> SymbolicTensor:
    """Put zeros around images before a window of stride 2; open sizes count as even."""
    before = [size // 2 - 1 + (n or 0) % 2 for n in x.shape[1:3]]
    return ZeroPadding2D(((before[0], size // 2), (before[1], size // 2)), name=name)(x)


def _normalised(x: SymbolicTensor, bn: str, activation: str) -> SymbolicTensor:
    return Activation("swish", name=activation)(BatchNormalization(name=bn)(x))


def _squeezed(x: SymbolicTensor, reduced: int, name: str) -> SymbolicTensor:
    """Multiply every channel by a share that is computed from the means of all channels."""
    channels = x.shape[-1] or 0
    share = GlobalAveragePooling2D(name=f"{name}se_squeeze")(x)
    share = Reshape((1, 1, channels), name=f"{name}se_reshape")(share)
    for filters, activation, step in (
        (reduced, "swish", "reduce"),
        (channels, "sigmoid", "expand"),
    ):
        share = Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=VarianceScaling(2.0, "fan_out"),
            name=f"{name}se_{step}",
        )(share)
    return Multiply(name=f"{name}se_excite")([x, share])


def _block(
    x: SymbolicTensor,
    size: int,
    filters: int,
    expansion: int,
    stride: int,
    drop: float,
    name: str,
) -> SymbolicTensor:
    shortcut, channels = x, x.shape[-1] or 0
    if expansion > 1:
        x = _conv(channels * expansion, 1, f"{name}expand_conv")(x)
        x = _normalised(x, f"{name}expand_bn", f"{name}expand_activation")
    if stride > 1:
        x = _padded(x, size, f"{name}dwconv_pad")
    depthwise = DepthwiseConv2D(
        size,
        strides=stride,
        padding="same" if stride == 1 else "valid",
        use_bias=False,
        depthwise_initializer=VarianceScaling(2.0, "fan_out"),
        name=f"{name}dwconv",
    )
    x = _normalised(depthwise(x), f"{name}bn", f"{name}activation")
    x = _squeezed(x, max(1, int(channels * SQUEEZE)), name)
    x = BatchNormalization(name=f"{name}project_bn")(_conv(filters, 1, f"{name}project_conv")(x))
    if stride > 1 or filters != channels:
        return x
    if drop > 0:
        x = Dropout(drop, noise_shape=(None, 1, 1, 1), name=f"{name}drop")(x)
    return Add(name=f"{name}add")([x, shortcut])


def _body(scale: Scale, pretrained: bool, x: SymbolicTensor) -> SymbolicTensor:
    x = Normalization(axis=3)(Rescaling(1 / 255)(x))
    if pretrained:
        # The published weights were trained on images divided by the deviation, while the layer
        # takes it for a variance (tensorflow/tensorflow#49930).
        x = Rescaling([1 / math.sqrt(deviation) for deviation in DEVIATION])(x)
    x = _conv(scale.filters(STEM), 3, "stem_conv", stride=2)(_padded(x, 3, "stem_conv_pad"))
    x = _normalised(x, "stem_bn", "stem_activation")
    blocks, done = sum(scale.repeats(stage[1]) for stage in STAGES), 0
    for number, (size, repeats, filters, expansion, stride) in enumerate(STAGES, 1):
        for repeat in range(scale.repeats(repeats)):
            x = _block(
                x,
                size,
                scale.filters(filters),
                expansion,
                stride if repeat == 0 else 1,
                DROP_CONNECT * done / blocks,
                f"block{number}{chr(ord('a') + repeat)}_",
            )
            done += 1
    return _normalised(_conv(scale.filters(TOP), 1, "top_conv")(x), "top_bn", "top_activation")


def _head(
    rate: float, x: SymbolicTensor, classes: int, activation: HeadActivation
) -> SymbolicTensor:
    x = Dropout(rate, name="top_dropout")(GlobalAveragePooling2D(name="avg_pool")(x))
    uniform = VarianceScaling(1 / 3, "fan_out", "uniform")
    head = Dense(classes, activation=activation, kernel_initializer=uniform, name="predictions")
    return head(x)


def _efficientnet(
    scale: Scale, weights: PublishedWeights, function: str, options: Options
) -> Model:
    return classifier(
        function,
        options,
        partial(_body, scale, options.weights == "imagenet"),
        partial(_head, scale.dropout),
        published=weights,
        default_size=scale.size,
    )


def _of_keras(
    number: int, scale: Scale, full: str, base: str, with_top: str, without_top: str
) -> NetworkFunction:
    about = f"""Return EfficientNetB{number}, {full} weights; {base} without its top.

    Images (n, {scale.size}, {scale.size}, 3), pixels 0 to 255: the network scales them itself.
    Source: Tan and Le, 2019; Keras EfficientNetB{number}."""
    name = f"efficientnetb{number}"
    weights = PublishedWeights(
        ADDRESS,
        RemoteFile(f"{name}.h5", f"md5:{with_top}"),
        RemoteFile(f"{name}_notop.h5", f"md5:{without_top}"),
    )
    return network(f"EfficientNetB{number}", about, partial(_efficientnet, scale, weights))


EfficientNetB0 = _of_keras(
    0,
    Scale(1.0, 1.0, 224, 0.2),
    "5,330,571",
    "4,049,571",
    "902e53a9f72be733fc0bcb005b3ebbac",
    "50bc09e76180e00e4465e1a485ddc09d",
)
EfficientNetB1 = _of_keras(
    1,
    Scale(1.0, 1.1, 240, 0.2),
    "7,856,239",
    "6,575,239",
    "1d254153d4ab51201f1646940f018540",
    "74c4e6b3e1f6a1eea24c589628592432",
)
EfficientNetB2 = _of_keras(
    2,
    Scale(1.1, 1.2, 260, 0.3),
    "9,177,569",
    "7,768,569",
    "b15cce36ff4dcbd00b6dd88e7857a6ad",
    "111f8e2ac8aa800a7a99e3239f7bfb39",
)
EfficientNetB3 = _of_keras(
    3,
    Scale(1.2, 1.4, 300, 0.3),
    "12,320,535",
    "10,783,535",
    "ffd1fdc53d0ce67064dc6a9c7960ede0",
    "af6d107764bb5b1abb91932881670226",
)
EfficientNetB4 = _of_keras(
    4,
    Scale(1.4, 1.8, 380, 0.4),
    "19,466,823",
    "17,673,823",
    "18c95ad55216b8f92d7e70b3a046e2fc",
    "ebc24e6d6c33eaebbd558eafbeedf1ba",
)
EfficientNetB5 = _of_keras(
    5,
    Scale(1.6, 2.2, 456, 0.4),
    "30,562,527",
    "28,513,527",
    "ace28f2a6363774853a83a0b21b9421a",
    "38879255a25d3c92d5e44e04ae6cec6f",
)
EfficientNetB6 = _of_keras(
    6,
    Scale(1.8, 2.6, 528, 0.5),
    "43,265,143",
    "40,960,143",
    "165f6e37dce68623721b423839de8be5",
    "9ecce42647a20130c1f39a5d4cb75743",
)
EfficientNetB7 = _of_keras(
    7,
    Scale(2.0, 3.1, 600, 0.5),
    "66,658,687",
    "64,097,687",
    "8c03f828fec3ef71311cd463b6759d99",
    "cbcfe4450ddf6f3ad90b1b398090fe4a",
)

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

# SPDX-License-Identifier: BSD-3-Clause
"""Padding: zeros around images that only one layer reads become padding of its own.

Neither the larger images nor their gradient are ever written. Results and gradients have the bits
that the layers give one by one, up to the rounding of Winograd's algorithm where it computes one of
the two alone, or cuts other tiles. A max-pooling takes zeros only around images that a ReLU made:
they never exceed a pixel there, and where a pixel is zero itself the ReLU lets no gradient pass.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.autograd import Tensor
from pyconv.backend import precision
from pyconv.geometry import Padding, normalise_pair
from pyconv.layers import MaxPooling2D, ZeroPadding2D
from pyconv.models.joinable import can_be_joined, fused_activation, is_plain
from pyconv.models.joining import NormBlock


class Padded:
    """layer(zeros(x)) in one operation.

    On a GPU the layers run one by one once there was a policy of 16 bits: other layers' results may
    have them.
    """

    def __init__(self, zeros: ZeroPadding2D, layer: Any) -> None:
        self.zeros, self.layer = zeros, layer
        self._checked_shape: Any = None

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the result for images without their zeros."""
        layer = self.layer
        if precision.in_use and type(self.zeros.prepared(x).array) is not np.ndarray:
            y: Tensor = layer(self.zeros(x, training), training)
            return y
        x, padding = self.images(x)
        if type(layer) is MaxPooling2D:
            return layer.pooled(x, padding)
        y = layer.convolve(x, layer.kernel, layer.bias, layer._fused, padding)
        activated: Tensor = layer.activated(y)
        return activated

    def images(self, x: Any) -> tuple[Tensor, Padding]:
        """Return images as the layer takes them, and the padding it gives them."""
        images = self.zeros.prepared(x)
        if images.shape != self._checked_shape:
            self.layer.check_input(self.zeros.compute_output_shape(images.shape))
            self._checked_shape = images.shape
        if 0 in images.shape[1:]:  # no window takes images without pixels
            return self.zeros(images), "valid"
        return images, self.zeros.padding


def padded(zeros: Any, layer: Any, maker: Any) -> Padded | None:
    """Return the two layers as one, where they can be: the second takes what the first makes."""
    if type(zeros) is not ZeroPadding2D or not (can_be_joined(zeros) and is_plain(layer)):
        return None
    same = zeros.data_format == layer.data_format and zeros.dtype_policy == layer.dtype_policy
    return Padded(zeros, layer) if same and layer.padding == "valid" else None


def padded_pool(zeros: Any, pool: Any, maker: Any) -> Padded | None:
    """Return the same for a max-pooling, where `maker` made the images."""
    if type(zeros) is not ZeroPadding2D or type(pool) is not MaxPooling2D:
        return None
    if pool.padding != "valid" or not (can_be_joined(zeros) and can_be_joined(pool)):
        return None
    same = zeros.data_format == pool.data_format and zeros.dtype_policy == pool.dtype_policy
    size = normalise_pair("max_pool2d", "pool_size", pool.pool_size, 1)
    small = zip(zeros.padding, size, strict=True)
    fits = same and all(max(sides) < pixels for sides, pixels in small)
    return Padded(zeros, pool) if fits and _ends_in_relu(maker) else None


def _ends_in_relu(maker: Any) -> bool:
    if type(maker) is Padded:
        maker = maker.layer
    if type(maker) is NormBlock:
        ending = maker.ending
    elif is_plain(maker):
        ending = maker._fused
    else:
        ending = fused_activation(maker)
    return ending in ("relu", "relu6")

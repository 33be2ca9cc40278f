# SPDX-License-Identifier: BSD-3-Clause
"""Pooling: a convolution of images whose gradient nobody wants runs with the pooling after it.

So the first layers of a network do not write what only the pooling reads. The results have the bits
that the layers give one by one, the gradients of the weights those up to the order of their sums.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import activations
from pyconv.autograd import Tensor
from pyconv.autograd.conv2d_max_pool2d import PooledConv2D
from pyconv.autograd.tape import tapes_wanting
from pyconv.geometry import Window
from pyconv.layers import Conv2D, MaxPooling2D
from pyconv.models.joinable import can_be_joined, is_plain
from pyconv.ops.conv2d_max_pool2d import ENDINGS, pools_natively


class Pooled:
    """pool(layer(x)); where the gradient of x is wanted, or there is no such kernel, one by one."""

    def __init__(self, layer: Conv2D, pool: MaxPooling2D) -> None:
        self.layer, self.pool = layer, pool

    @property
    def name(self) -> str:
        return str(self.pool.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the pooled result for images."""
        layer, pool = self.layer, self.pool
        x = layer.prepared(x)
        if type(x) is Tensor and not tapes_wanting((x,)):
            window = layer.window(x.shape)
            windows = window, pool.window(window.output_shape)
            if self._fits(x, *windows):
                return PooledConv2D(*windows, layer._fused)(x, layer.kernel, layer.bias)
        y: Tensor = pool(layer(x, training), training)
        return y

    def _fits(self, x: Tensor, window: Window, pool: Window) -> bool:
        kernel = self.layer.kernel.array
        alike = type(kernel) is np.ndarray and x.dtype == kernel.dtype
        return alike and pools_natively(x.array, window, pool)


def pooled(layer: Any, pool: Any, maker: Any) -> Pooled | None:
    """Return the two layers as one, where they can be: the second takes what the first makes."""
    if type(layer) is not Conv2D or type(pool) is not MaxPooling2D or not is_plain(layer):
        return None
    ends = layer.activation is activations.linear or layer._fused in ENDINGS
    same = pool.dtype_policy == layer.dtype_policy and pool.data_format == layer.data_format
    return Pooled(layer, pool) if ends and same and can_be_joined(pool) else None

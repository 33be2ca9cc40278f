# SPDX-License-Identifier: BSD-3-Clause
"""Padding: zeros around images that only a convolution reads become padding of its own.

Neither the larger images nor their gradient are ever written. Results and gradients have the bits
that the layers give one by one.
"""

from __future__ import annotations

from typing import Any

from pyconv.autograd import Tensor
from pyconv.backend import precision
from pyconv.layers import Conv2D, DepthwiseConv2D, ZeroPadding2D
from pyconv.models.folding import adds_zeros


class Padded:
    """layer(zeros(x)) in one operation; by policies of 16 bits the layers run one by one."""

    def __init__(self, zeros: ZeroPadding2D, layer: Conv2D | DepthwiseConv2D) -> None:
        self.zeros, self.layer = zeros, layer

    @property
    def name(self) -> str:
        return str(self.layer.name)

    def __call__(self, x: Any, training: bool | None = None) -> Tensor:
        """Return the result for images without their zeros."""
        layer = self.layer
        if precision.in_use or layer.activity_regularizer is not None:
            y: Tensor = layer(self.zeros(x, training), training)
            return y
        x = self.zeros.prepared(x)
        y = layer.convolve(x, layer.kernel, layer.bias, layer._fused, self.zeros.padding)
        return layer.activated(y)


def padded(zeros: Any, layer: Any) -> Padded | None:
    """Return the two layers as one, where they can be: the second takes what the first makes."""
    return Padded(zeros, layer) if adds_zeros([zeros, layer]) else None

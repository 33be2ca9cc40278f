# SPDX-License-Identifier: BSD-3-Clause
"""AveragePooling2D: the mean of every window."""

from __future__ import annotations

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.pool2d import Pooling2D


class AveragePooling2D(Pooling2D):
    """Return the mean of every window. Shapes and errors as in ops.avg_pool2d.

    With padding="same" the padding is not counted. Source: Keras AveragePooling2D.
    """

    def call(self, x: Tensor) -> Tensor:
        return autograd.avg_pool2d(
            x,
            self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )


AvgPool2D = AveragePooling2D  # Keras's second spelling

# SPDX-License-Identifier: BSD-3-Clause
"""MaxPooling2D: the largest pixel of every window."""

from __future__ import annotations

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.geometry import Padding
from pyconv.layers.pool2d import Pooling2D


class MaxPooling2D(Pooling2D):
    """Keep the largest pixel of every window. Shapes and errors as in ops.max_pool2d.

    Source: Keras MaxPooling2D.
    """

    def call(self, x: Tensor) -> Tensor:
        return self.pooled(x, self.padding)

    def pooled(self, x: Tensor, padding: Padding) -> Tensor:
        """Return x pooled as this layer does, with the given padding."""
        return autograd.max_pool2d(
            x,
            self.pool_size,
            strides=self.strides,
            padding=padding,
            data_format=self.data_format,
        )


MaxPool2D = MaxPooling2D  # Keras's second spelling

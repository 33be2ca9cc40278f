# SPDX-License-Identifier: BSD-3-Clause
"""MinPooling2D: the smallest pixel of every window."""

from __future__ import annotations

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.pool2d import Pooling2D


class MinPooling2D(Pooling2D):
    """Keep the smallest pixel of every window. Shapes and errors as in ops.min_pool2d.

    Keras has no such layer; the arguments are those of MaxPooling2D.
    """

    def call(self, x: Tensor) -> Tensor:
        return autograd.min_pool2d(
            x,
            self.pool_size,
            strides=self.strides,
            padding=self.padding,
            data_format=self.data_format,
        )


MinPool2D = MinPooling2D  # spelled as MaxPool2D is

# SPDX-License-Identifier: BSD-3-Clause
"""Flatten: (n, h, w, c) becomes (n, h*w*c)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Flatten(Layer):
    """Lay every sample out as one row; "channels_first" images turn to (h, w, c) order before.

    Source: Keras Flatten.
    """

    def __init__(self, data_format: DataFormat | None = None, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        self.data_format = checked_data_format("Flatten", data_format)

    def check_input(self, shape: Shape) -> None:
        if not shape:
            raise ValueError(f"{self.name}: input shape (); must have a batch")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        sizes = input_shape[1:]
        known = math.prod(size for size in sizes if size is not None)
        return (input_shape[0], None if None in sizes else known)

    def call(self, x: Tensor) -> Tensor:
        if self.data_format == "channels_first" and x.ndim > 2:
            x = autograd.transpose(x, (0, *range(2, x.ndim), 1))
        return autograd.reshape(x, (x.shape[0], math.prod(x.shape[1:])))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}

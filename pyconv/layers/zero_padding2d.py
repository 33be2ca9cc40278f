# SPDX-License-Identifier: BSD-3-Clause
"""ZeroPadding2D: rows and columns of zeros around every image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import DataFormat, normalise_sides
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, image_axes

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions

# Pixels, (height, width) or ((top, bottom), (left, right)).
Sides = int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]


class ZeroPadding2D(Layer):
    """Add rows and columns of zeros: ((top, bottom), (left, right)) pixels.

    Source: Keras ZeroPadding2D.
    """

    def __init__(
        self,
        padding: Sides = (1, 1),
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        top, bottom, left, right = normalise_sides("ZeroPadding2D", "padding", padding)
        self.padding = ((top, bottom), (left, right))
        self.data_format = checked_data_format("ZeroPadding2D", data_format)

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        shape = list(input_shape)
        for axis, sides in zip(image_axes(self.data_format), self.padding, strict=True):
            pixels = shape[axis]
            shape[axis] = None if pixels is None else pixels + sum(sides)
        return tuple(shape)

    def call(self, x: Tensor) -> Tensor:
        around = [(0, 0)] * 4
        for axis, sides in zip(image_axes(self.data_format), self.padding, strict=True):
            around[axis] = sides
        return autograd.pad(x, around)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "padding": self.padding,
            "data_format": self.data_format,
        }

# SPDX-License-Identifier: BSD-3-Clause
"""Cropping2D: every image without some rows and columns at its sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import DataFormat, normalise_sides
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, image_axes
from pyconv.layers.zero_padding2d import Sides

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Cropping2D(Layer):
    """Take ((top, bottom), (left, right)) pixels away; at least one row and column must stay.

    Source: Keras Cropping2D.
    """

    def __init__(
        self,
        cropping: Sides = ((0, 0), (0, 0)),
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        top, bottom, left, right = normalise_sides("Cropping2D", "cropping", cropping)
        self.cropping = ((top, bottom), (left, right))
        self.data_format = checked_data_format("Cropping2D", data_format)

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")
        for axis, sides in zip(image_axes(self.data_format), self.cropping, strict=True):
            pixels = shape[axis]
            if pixels is not None and sum(sides) >= pixels:
                raise ValueError(
                    f"{self.name}: input shape {shape} with cropping={self.cropping}; must leave a "
                    "pixel"
                )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        shape = list(input_shape)
        for axis, sides in zip(image_axes(self.data_format), self.cropping, strict=True):
            pixels = shape[axis]
            shape[axis] = None if pixels is None else pixels - sum(sides)
        return tuple(shape)

    def call(self, x: Tensor) -> Tensor:
        key = [slice(None)] * 4
        for axis, (before, after) in zip(image_axes(self.data_format), self.cropping, strict=True):
            key[axis] = slice(before, x.shape[axis] - after)
        return autograd.getitem(x, tuple(key))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "cropping": self.cropping,
            "data_format": self.data_format,
        }

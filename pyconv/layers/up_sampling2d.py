# SPDX-License-Identifier: BSD-3-Clause
"""UpSampling2D: every pixel becomes several."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat, IntPair, normalise_pair
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, image_axes
from pyconv.ops.resize import Interpolation, interpolation_code

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class UpSampling2D(Layer):
    """Multiply height and width by whole factors, "nearest" or "bilinear" as in ops.resize.

    Source: Keras UpSampling2D.
    """

    def __init__(
        self,
        size: IntPair = (2, 2),
        data_format: DataFormat | None = None,
        interpolation: Interpolation = "nearest",
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        self.size = normalise_pair("UpSampling2D", "size", size, 1)
        self.data_format = checked_data_format("UpSampling2D", data_format)
        interpolation_code("UpSampling2D", interpolation)
        self.interpolation = interpolation

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        shape = list(input_shape)
        for axis, factor in zip(image_axes(self.data_format), self.size, strict=True):
            pixels = shape[axis]
            shape[axis] = None if pixels is None else pixels * factor
        return tuple(shape)

    def call(self, x: Tensor) -> Tensor:
        height, width = (x.shape[axis] for axis in image_axes(self.data_format))
        return autograd.resize(
            x,
            (height * self.size[0], width * self.size[1]),
            interpolation=self.interpolation,
            data_format=self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "data_format": self.data_format,
            "interpolation": self.interpolation,
        }

# SPDX-License-Identifier: BSD-3-Clause
"""Resizing: images of one size become images of another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pyconv import autograd
from pyconv.arguments import checked_flag, finite_number, one_of, whole_number
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.image_layer import ImageLayer
from pyconv.layers.window import image_axes
from pyconv.ops.resize import Interpolation, interpolation_code

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Resizing(ImageLayer):
    """Resize images, as ops.resize does.

    Args:
        height, width: pixels of the results.
        crop_to_aspect_ratio: resize the largest centred window of the results' aspect ratio.
        pad_to_aspect_ratio: put fill_value around the images before, to that aspect ratio.
        fill_mode: "constant" alone. antialias: False alone.
    Source: Keras Resizing; results are floats here where Keras keeps integers, rounded.
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: Interpolation = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: Literal["constant"] = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format, **base)
        self.size: tuple[int, int] = (
            whole_number("Resizing", "height", height, 1),
            whole_number("Resizing", "width", width, 1),
        )
        self.height, self.width = self.size
        interpolation_code("Resizing", interpolation)
        self.interpolation = interpolation
        self.crop = checked_flag("Resizing", "crop_to_aspect_ratio", crop_to_aspect_ratio)
        self.pad = checked_flag("Resizing", "pad_to_aspect_ratio", pad_to_aspect_ratio)
        if self.crop and self.pad:
            raise ValueError("Resizing: crop_to_aspect_ratio and pad_to_aspect_ratio; must be one")
        one_of("Resizing", "fill_mode", fill_mode, ("constant",))
        self.fill_value = finite_number("Resizing", "fill_value", fill_value)
        if checked_flag("Resizing", "antialias", antialias):
            raise ValueError("Resizing: antialias=True; must be False")

    def call(self, x: Tensor) -> Tensor:
        return self.on_batch(x, self.transform_images)

    def transform_images(self, images: Tensor) -> Tensor:
        """Return a batch resized."""
        if self.crop:
            return self.resized_window(images, self.size, self.interpolation)
        if self.pad:
            images = self._padded(images)
        return autograd.resize(
            images, self.size, interpolation=self.interpolation, data_format=self.data_format
        )

    def _padded(self, images: Tensor) -> Tensor:
        (height, width), (rows, columns) = self.image_size(images), self.size
        above = (max(width * rows // columns, height) - height) // 2
        beside = (max(height * columns // rows, width) - width) // 2
        widths = [(0, 0)] * 4
        vertical, horizontal = image_axes(self.data_format)
        widths[vertical], widths[horizontal] = (above, above), (beside, beside)
        return autograd.pad(images, widths, constant_values=self.fill_value)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height": self.size[0],
            "width": self.size[1],
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop,
            "pad_to_aspect_ratio": self.pad,
            "fill_mode": "constant",
            "fill_value": self.fill_value,
            "antialias": False,
        }

# SPDX-License-Identifier: BSD-3-Clause
"""What layers of images share: a batch or one image, either layout, windows of one shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, image_axes
from pyconv.ops.resize import Interpolation

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class ImageLayer(Layer):
    """Takes images (n, h, w, c), or one image (h, w, c), or both with the channels in front.

    Integers become the layer's dtype first, so the results are floats.
    """

    size: tuple[int, int] | None = None  # of the results; None: that of the images

    def __init__(self, data_format: DataFormat | None = None, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        self.data_format = checked_data_format(type(self).__name__, data_format)

    def check_input(self, shape: Shape) -> None:
        if len(shape) not in (3, 4):
            raise ValueError(
                f"{self.name}: input shape {shape}; must have 4 axes, or 3: one image without batch"
            )
        if 0 in shape[len(shape) - 3 :]:
            raise ValueError(f"{self.name}: input shape {shape}; images must have pixels")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        shape = list(input_shape)
        if self.size is not None:
            first = len(shape) - 4
            for axis, pixels in zip(image_axes(self.data_format), self.size, strict=True):
                shape[first + axis] = pixels
        return tuple(shape)

    def image_size(self, images: Tensor) -> tuple[int, int]:
        """Return height and width of a batch."""
        height, width = (images.shape[axis] for axis in image_axes(self.data_format))
        return height, width

    def on_batch(self, x: Tensor, transform: Callable[[Tensor], Tensor]) -> Tensor:
        """Return what transform makes of a batch, and of one image as a batch of it alone."""
        if x.ndim == 4:
            return transform(x)
        return autograd.squeeze(transform(autograd.expand_dims(x, 0)), 0)

    def window(self, images: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
        """Return a part of every image."""
        if (height, width) == self.image_size(images):
            return images
        key = [slice(None)] * 4
        rows, columns = image_axes(self.data_format)
        key[rows], key[columns] = slice(top, top + height), slice(left, left + width)
        return autograd.getitem(images, tuple(key))

    def resized_window(
        self, images: Tensor, size: tuple[int, int], interpolation: Interpolation = "bilinear"
    ) -> Tensor:
        """Return the largest centred window of the size's aspect ratio, resized to the size."""
        height, width = self.image_size(images)
        rows = max(min(height, width * size[0] // size[1]), 1)
        columns = max(min(width, height * size[1] // size[0]), 1)
        top, left = (height - rows) // 2, (width - columns) // 2
        part = self.window(images, top, left, rows, columns)
        return autograd.resize(
            part, size, interpolation=interpolation, data_format=self.data_format
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}

# SPDX-License-Identifier: BSD-3-Clause
"""CenterCrop: the middle of every image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv.arguments import whole_number
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.image_layer import ImageLayer

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class CenterCrop(ImageLayer):
    """Cut the middle out of images.

    Of images that are smaller, the largest centred window of the same aspect ratio is resized.

    Args:
        height, width: pixels of the results.
    Source: Keras CenterCrop.
    """

    def __init__(
        self,
        height: int,
        width: int,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format, **base)
        self.size: tuple[int, int] = (
            whole_number("CenterCrop", "height", height, 1),
            whole_number("CenterCrop", "width", width, 1),
        )
        self.height, self.width = self.size

    def call(self, x: Tensor) -> Tensor:
        return self.on_batch(x, self.transform_images)

    def transform_images(self, images: Tensor) -> Tensor:
        """Return the middle of a batch."""
        room = [have - want for have, want in zip(self.image_size(images), self.size, strict=True)]
        if min(room) < 0:
            return self.resized_window(images, self.size)
        return self.window(images, room[0] // 2, room[1] // 2, *self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.size[0], "width": self.size[1]}

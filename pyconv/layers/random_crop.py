# SPDX-License-Identifier: BSD-3-Clause
"""RandomCrop: a window at a random place while training, the middle otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv.arguments import whole_number
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.augmentation import AugmentationLayer, Transformation

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class RandomCrop(AugmentationLayer):
    """While training, cut a window out of the images, at one random place for a whole batch.

    At other times, and from smaller images, the largest centred window of the same aspect ratio is
    resized. So Keras documents it; Keras 3 itself returns whole images when it does not train.

    Args:
        height, width: pixels of the window.
        seed: see layers/augmentation.py.
    Source: Keras RandomCrop.
    """

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed, data_format, **base)
        self.size: tuple[int, int] = (
            whole_number("RandomCrop", "height", height, 1),
            whole_number("RandomCrop", "width", width, 1),
        )
        self.height, self.width = self.size

    def call(self, x: Tensor, training: bool = True) -> Tensor:
        if training:
            return super().call(x, training)
        return self.on_batch(x, lambda images: self.resized_window(images, self.size))

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "top" and "left", the window's first pixel; nothing for smaller images."""
        room = [have - want for have, want in zip(self.image_size(images), self.size, strict=True)]
        if min(room) < 0:
            return {}
        generator = self.generator()
        top, left = (int(generator.integers(most + 1)) for most in room)
        return {"top": top, "left": left}

    def transform_images(self, images: Tensor, transformation: Transformation) -> Tensor:
        if not transformation:
            return self.resized_window(images, self.size)
        return self.window(images, transformation["top"], transformation["left"], *self.size)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.size[0], "width": self.size[1]}

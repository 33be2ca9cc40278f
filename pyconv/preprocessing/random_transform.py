# SPDX-License-Identifier: BSD-3-Clause
"""RandomTransform: how each image is changed is drawn, and done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.arguments import whole_number
from pyconv.preprocessing.image_options import ImageOptions
from pyconv.preprocessing.image_ranges import shift_drawn
from pyconv.preprocessing.image_transform import (
    Array,
    Parameters,
    checked_parameters,
    transformed,
)


class RandomTransform(ImageOptions):
    """The part of ImageDataGenerator that changes images at random, by its options."""

    def get_random_transform(
        self, img_shape: Sequence[int], seed: int | np.random.Generator | None = None
    ) -> dict[str, Any]:
        """Draw how to change one image; what is not asked for is 0, 1 or None.

        Args:
            img_shape: (h, w, c), or (c, h, w) for "channels_first".
        Returns:
            theta, shear: degrees. tx, ty: pixels, horizontal and vertical. zx, zy: zoom across and
            down. flip_horizontal, flip_vertical. channel_shift_intensity, brightness: or None.
        """
        generator = self.generator_of(seed)
        height, width = self._size_of(img_shape)

        def either_way(most: float) -> float:
            return most * generator.uniform(-1, 1) if most else 0.0

        theta = either_way(self.rotation_range)
        ty = shift_drawn(self.height_shift_range, height, generator)
        tx = shift_drawn(self.width_shift_range, width, generator)
        shear = either_way(self.shear_range)
        zx, zy = (1.0, 1.0)
        if self.zoom_range != (1, 1):
            zx, zy = generator.uniform(*self.zoom_range, 2).tolist()
        flips = generator.random(2) < 0.5
        shift = either_way(self.channel_shift_range) if self.channel_shift_range else None
        light = self.brightness_range
        return {
            "theta": theta,
            "tx": tx,
            "ty": ty,
            "shear": shear,
            "zx": zx,
            "zy": zy,
            "flip_horizontal": bool(flips[0]) and self.horizontal_flip,
            "flip_vertical": bool(flips[1]) and self.vertical_flip,
            "channel_shift_intensity": shift,
            "brightness": None if light is None else float(generator.uniform(*light)),
        }

    def apply_transform(self, x: Any, transform_parameters: Parameters) -> Array:
        """Return an image (h, w, c) changed by numbers as get_random_transform draws them."""
        image = self.as_images("apply_transform", "x", x, 3)
        checked = checked_parameters("apply_transform", transform_parameters)
        changed: Array = transformed(image[None], [checked], self.filling)[0]
        return changed

    def random_transform(self, x: Any, seed: int | None = None) -> Array:
        """Return an image (h, w, c) changed at random."""
        image = self.as_images("random_transform", "x", x, 3)
        return self.apply_transform(image, self.get_random_transform(image.shape, seed))

    def random_batch(self, images: Array, generator: np.random.Generator) -> Array:
        """Return images (n, h, w, c), each changed at random."""
        drawn = [self.get_random_transform(images.shape[1:], generator) for _ in images]
        return transformed(images, drawn, self.filling)

    def _size_of(self, img_shape: Sequence[int]) -> tuple[int, int]:
        """Return the height and width in the shape of an image."""
        if not isinstance(img_shape, (tuple, list)) or len(img_shape) != 3:
            raise ValueError(
                f"get_random_transform: img_shape={img_shape!r}; must be three whole numbers"
            )
        sizes = [
            whole_number("get_random_transform", f"img_shape[{i}]", size, 1)
            for i, size in enumerate(img_shape)
        ]
        return sizes[self.row_axis - 1], sizes[self.col_axis - 1]

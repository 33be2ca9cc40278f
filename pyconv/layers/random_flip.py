# SPDX-License-Identifier: BSD-3-Clause
"""RandomFlip: images mirrored at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.arguments import one_of
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.augmentation import AffineLayer, Numbers, Transformation

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions

MODES = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomFlip(AffineLayer):
    """While training, mirror each image with a probability of 1/2, left to right or top to bottom.

    Args:
        mode: "horizontal", "vertical", or "horizontal_and_vertical", which draws for both apart
            (Keras 3 turns an image both ways or neither).
        seed: see layers/augmentation.py.
    Source: Keras RandomFlip.
    """

    def __init__(
        self,
        mode: str = "horizontal_and_vertical",
        seed: int | None = None,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__("nearest", "nearest", seed, 0.0, data_format, **base)
        self.mode = one_of("RandomFlip", "mode", mode, MODES)

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "horizontal" and "vertical", (n,) bool: whether an image is mirrored that way."""
        drawn = self.generator().random((images.shape[0], 2)) < 0.5
        return {
            "horizontal": drawn[:, 0] & (self.mode != "vertical"),
            "vertical": drawn[:, 1] & (self.mode != "horizontal"),
        }

    def matrices(self, images: Tensor, transformation: Transformation) -> Numbers:
        height, width = self.image_size(images)
        maps = np.zeros((images.shape[0], 2, 3))
        for axis, (name, pixels) in enumerate((("horizontal", width), ("vertical", height))):
            mirrored = transformation[name]
            maps[:, axis, axis] = np.where(mirrored, -1, 1)
            maps[:, axis, 2] = np.where(mirrored, pixels - 1, 0)
        return maps

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        for name in ("fill_mode", "fill_value", "interpolation"):
            del config[name]
        return {**config, "mode": self.mode}

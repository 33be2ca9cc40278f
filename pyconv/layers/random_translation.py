# SPDX-License-Identifier: BSD-3-Clause
"""RandomTranslation: images shifted at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.augmentation import (
    AffineLayer,
    Factor,
    Numbers,
    Transformation,
    checked_factor,
)
from pyconv.ops.affine_sample import FillMode
from pyconv.ops.resize import Interpolation

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class RandomTranslation(AffineLayer):
    """While training, shift each image by shares of its height and width, drawn uniformly.

    Args:
        height_factor, width_factor: (least, most) within -1 and 1, or one number f for (-f, f);
            positive is down and right.
        fill_mode, interpolation, fill_value: as in ops.affine_sample.
        seed: see layers/augmentation.py.
    Source: Keras RandomTranslation.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: FillMode = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **base)
        kind = "RandomTranslation"
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height = checked_factor(kind, "height_factor", height_factor, least=-1)
        self._width = checked_factor(kind, "width_factor", width_factor, least=-1)

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "translations", (n, 2): pixels to the right and down."""
        generator, n = self.generator(), images.shape[0]
        height, width = self.image_size(images)
        down = height * generator.uniform(*self._height, n)
        right = width * generator.uniform(*self._width, n)
        return {"translations": np.stack([right, down], axis=1)}

    def matrices(self, images: Tensor, transformation: Transformation) -> Numbers:
        maps = np.zeros((images.shape[0], 2, 3))
        maps[:, 0, 0] = maps[:, 1, 1] = 1
        maps[:, :, 2] = -transformation["translations"]
        return maps

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }

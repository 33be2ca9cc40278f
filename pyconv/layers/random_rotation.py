# SPDX-License-Identifier: BSD-3-Clause
"""RandomRotation: images turned at random while training."""

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
    about_centre,
    checked_factor,
)
from pyconv.ops.affine_sample import FillMode
from pyconv.ops.resize import Interpolation

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class RandomRotation(AffineLayer):
    """While training, turn each image about its centre by an angle drawn uniformly.

    Args:
        factor: whole turns, (least, most) within -1 and 1, or one number f for (-f, f); positive is
            counter-clockwise. 0.1 turns by up to 36 degrees either way.
        fill_mode, interpolation, fill_value: as in ops.affine_sample.
        seed: see layers/augmentation.py.
    Source: Keras RandomRotation.
    """

    def __init__(
        self,
        factor: Factor,
        fill_mode: FillMode = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **base)
        self.factor = checked_factor("RandomRotation", "factor", factor, least=-1)

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "angle", (n,) in degrees."""
        least, most = self.factor
        return {"angle": self.generator().uniform(360 * least, 360 * most, images.shape[0])}

    def matrices(self, images: Tensor, transformation: Transformation) -> Numbers:
        angle = np.deg2rad(transformation["angle"])
        turn = np.stack([np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)], axis=1)
        return about_centre(turn.reshape(-1, 2, 2), self.image_size(images))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}

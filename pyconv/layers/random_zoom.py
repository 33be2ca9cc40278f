# SPDX-License-Identifier: BSD-3-Clause
"""RandomZoom: images shrunk or magnified at random while training."""

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


class RandomZoom(AffineLayer):
    """While training, zoom each image about its centre by a factor drawn uniformly.

    Args:
        height_factor: shares of the height, (least, most) above -1 and up to 1, or one number f for
            (-f, f); 0.2 shows 20 % more, so positive zooms out.
        width_factor: likewise; None zooms the width as the height and keeps the aspect ratio.
        fill_mode, interpolation, fill_value: as in ops.affine_sample.
        seed: see layers/augmentation.py.
    Source: Keras RandomZoom.
    """

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: FillMode = "reflect",
        interpolation: Interpolation = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(fill_mode, interpolation, seed, fill_value, data_format, **base)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._height = checked_factor("RandomZoom", "height_factor", height_factor, above=-1)
        self._width = None
        if width_factor is not None:
            self._width = checked_factor("RandomZoom", "width_factor", width_factor, above=-1)

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "height_zoom" and "width_zoom", (n,): how many times the pixels are shown."""
        generator, n = self.generator(), images.shape[0]
        height = 1 + generator.uniform(*self._height, n)
        width = height if self._width is None else 1 + generator.uniform(*self._width, n)
        return {"height_zoom": height, "width_zoom": width}

    def matrices(self, images: Tensor, transformation: Transformation) -> Numbers:
        zoom = np.zeros((images.shape[0], 2, 2))
        zoom[:, 0, 0] = transformation["width_zoom"]
        zoom[:, 1, 1] = transformation["height_zoom"]
        return about_centre(zoom, self.image_size(images))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height_factor": self.height_factor,
            "width_factor": self.width_factor,
        }

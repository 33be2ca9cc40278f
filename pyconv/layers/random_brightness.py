# SPDX-License-Identifier: BSD-3-Clause
"""RandomBrightness: images lighter or darker at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.augmentation import (
    AugmentationLayer,
    Factor,
    Transformation,
    checked_factor,
    checked_value_range,
)

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class RandomBrightness(AugmentationLayer):
    """While training, add one number to all pixels of an image, held within the range of values.

    Args:
        factor: shares of the range, (least, most) within -1 and 1, or one number f for (-f, f); 1
            makes an image white, -1 black.
        value_range: the lowest and the highest value of a pixel.
        seed: see layers/augmentation.py.
    Source: Keras RandomBrightness.
    """

    def __init__(
        self,
        factor: Factor,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed, data_format, **base)
        self.factor = checked_factor("RandomBrightness", "factor", factor, least=-1)
        self.value_range = checked_value_range("RandomBrightness", value_range)

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "rgb_delta", (n,): what is added to the pixels of each image."""
        low, high = self.value_range
        return {"rgb_delta": (high - low) * self.generator().uniform(*self.factor, images.shape[0])}

    def transform_images(self, images: Tensor, transformation: Transformation) -> Tensor:
        added = self.per_image(transformation["rgb_delta"], images)
        return autograd.clip(images + added, *self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}

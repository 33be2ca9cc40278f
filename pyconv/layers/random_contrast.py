# SPDX-License-Identifier: BSD-3-Clause
"""RandomContrast: images nearer to their mean, or farther from it, at random while training."""

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
from pyconv.layers.window import image_axes

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class RandomContrast(AugmentationLayer):
    """While training, return (x - mean) * contrast + mean, held within the range of values.

    The mean is that of each channel of each image; the contrast is drawn for each image.

    Args:
        factor: (lower, upper) within 0 and 1: the contrast is uniform in [1 - lower, 1 + upper].
            One number f is (f, f), as Keras documents it; Keras 3 itself takes it for (0, f).
        value_range: the lowest and the highest value of a pixel.
        seed: see layers/augmentation.py.
    Source: Keras RandomContrast.
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
        lower, upper = checked_factor("RandomContrast", "factor", factor, least=0)
        self.factor = abs(lower), upper
        self.value_range = checked_value_range("RandomContrast", value_range)

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Return "contrast_factor", (n,)."""
        lower, upper = self.factor
        return {"contrast_factor": self.generator().uniform(1 - lower, 1 + upper, images.shape[0])}

    def transform_images(self, images: Tensor, transformation: Transformation) -> Tensor:
        contrast = self.per_image(transformation["contrast_factor"], images)
        mean = autograd.mean(images, image_axes(self.data_format), keepdims=True)
        return autograd.clip((images - mean) * contrast + mean, *self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}

# SPDX-License-Identifier: BSD-3-Clause
"""What layers that change images at random while training share.

Their random numbers come from the one generator of the process, so set_seed repeats them and a
saved model goes on with them. A layer's own seed tells it apart from others, no more.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv import autograd, random
from pyconv.arguments import finite_number
from pyconv.autograd import Tensor
from pyconv.backend import put_beside
from pyconv.geometry import DataFormat
from pyconv.layers.image_layer import ImageLayer
from pyconv.ops.affine_sample import FillMode, fill_mode_code
from pyconv.ops.dropout import checked_seed
from pyconv.ops.resize import Interpolation, interpolation_code

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions

Factor: TypeAlias = float | tuple[float, float]
Numbers: TypeAlias = npt.NDArray[np.float64]
Transformation: TypeAlias = dict[str, Any]


class AugmentationLayer(ImageLayer):
    """Changes images while training and returns them as they are otherwise.

    Called by itself, outside a model that says otherwise, it trains. A subclass defines
    `get_random_transformation`, which draws for every image of a batch, and `transform_images`.
    """

    def __init__(
        self,
        seed: int | None,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format, **base)
        self.seed = None if seed is None else checked_seed(type(self).__name__, seed)

    def call(self, x: Tensor, training: bool = True) -> Tensor:
        return self.on_batch(x, self._changed) if training else x

    def _changed(self, images: Tensor) -> Tensor:
        return self.transform_images(images, self.get_random_transformation(images))

    def get_random_transformation(self, images: Tensor) -> Transformation:
        """Draw what is to be done to each image of a batch; arrays (n, ...) by name."""
        raise NotImplementedError

    def transform_images(self, images: Tensor, transformation: Transformation) -> Tensor:
        """Return a batch with a drawn transformation done."""
        raise NotImplementedError

    def generator(self) -> np.random.Generator:
        """Return a generator for one batch."""
        return np.random.Generator(np.random.PCG64(random.draw_seed(self.seed)))

    def on_device(self, values: Numbers, images: Tensor) -> Any:
        """Return numbers drawn for images, in their dtype and where they lie."""
        return put_beside(values.astype(images.dtype), images.array)

    def per_image(self, values: Numbers, images: Tensor) -> Any:
        """Return one number for each image, to be broadcast over the image."""
        return self.on_device(values.reshape(-1, 1, 1, 1), images)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "seed": self.seed}


class AffineLayer(AugmentationLayer):
    """Sees every image through an affine map of its own; the batch is sampled in one call.

    Args:
        fill_mode, fill_value, interpolation: as in ops.affine_sample.
    """

    def __init__(
        self,
        fill_mode: FillMode,
        interpolation: Interpolation,
        seed: int | None,
        fill_value: float,
        data_format: DataFormat | None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(seed, data_format, **base)
        kind = type(self).__name__
        fill_mode_code(kind, fill_mode)
        interpolation_code(kind, interpolation)
        self.fill_mode, self.interpolation = fill_mode, interpolation
        self.fill_value = finite_number(kind, "fill_value", fill_value)

    def matrices(self, images: Tensor, transformation: Transformation) -> Numbers:
        """Return the map (2, 3) of each image, from the output's to the input's (x, y)."""
        raise NotImplementedError

    def transform_images(self, images: Tensor, transformation: Transformation) -> Tensor:
        return autograd.affine_sample(
            images,
            self.on_device(self.matrices(images, transformation), images),
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            interpolation=self.interpolation,
            data_format=self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "interpolation": self.interpolation,
        }


def about_centre(linear: Numbers, size: tuple[int, int]) -> Numbers:
    """Return maps (n, 2, 3) with these linear parts (n, 2, 2) that keep the image's centre."""
    centre = np.array([size[1] - 1, size[0] - 1]) / 2  # (x, y)
    return np.concatenate([linear, (centre - linear @ centre)[..., None]], axis=2)


def checked_factor(
    kind: str,
    argument: str,
    factor: Any,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = 1.0,
) -> tuple[float, float]:
    """Return (lower, upper): two numbers in order, or (-f, f) for one number f.

    Args:
        least, above, most: the range of each.
    """
    several = isinstance(factor, (tuple, list))
    if several and len(factor) != 2:
        raise ValueError(f"{kind}: {argument}={factor!r}; must be a number or two numbers")
    low, high = sorted(
        finite_number(
            kind, f"{argument}[{i}]" if several else argument, one, least=least, above=above
        )
        for i, one in enumerate(factor if several else (factor, factor))
    )
    if high > most:
        raise ValueError(f"{kind}: {argument}={factor!r}; must be <= {most:g}")
    return (low, high) if several else (-abs(low), abs(high))


def checked_value_range(kind: str, value_range: Any) -> tuple[float, float]:
    """Return the lowest and the highest value of a pixel."""
    if not isinstance(value_range, (tuple, list)) or len(value_range) != 2:
        raise ValueError(f"{kind}: value_range={value_range!r}; must be two numbers")
    low, high = sorted(
        finite_number(kind, f"value_range[{i}]", one) for i, one in enumerate(value_range)
    )
    return low, high

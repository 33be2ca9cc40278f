# SPDX-License-Identifier: BSD-3-Clause
"""The options of ImageDataGenerator, checked, and what they say about reading images."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pyconv import random
from pyconv.arguments import checked_flag, checked_function, dtype_name, finite_number, whole_number
from pyconv.autograd import array_of
from pyconv.geometry import DataFormat
from pyconv.layers.window import checked_data_format, image_axes
from pyconv.ops.affine_sample import FillMode, fill_mode_code
from pyconv.ops.resize import Interpolation
from pyconv.preprocessing.image_ranges import Shift, checked_pair, checked_shift
from pyconv.preprocessing.image_transform import Array, Filling
from pyconv.preprocessing.standardizing import FeatureStatistics

_NAME = "ImageDataGenerator"
_INTERPOLATIONS: tuple[Interpolation, ...] = ("nearest", "bilinear")


class ImageOptions(FeatureStatistics):
    """The arguments of ImageDataGenerator as attributes; its documentation tells what they do."""

    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: Shift = 0.0,
        height_shift_range: Shift = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: FillMode = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[Array], Any] | None = None,
        data_format: DataFormat | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: Any = None,
    ) -> None:
        self.featurewise_center = checked_flag(_NAME, "featurewise_center", featurewise_center)
        self.samplewise_center = checked_flag(_NAME, "samplewise_center", samplewise_center)
        self.featurewise_std_normalization = checked_flag(
            _NAME, "featurewise_std_normalization", featurewise_std_normalization
        )
        self.samplewise_std_normalization = checked_flag(
            _NAME, "samplewise_std_normalization", samplewise_std_normalization
        )
        self.zca_whitening = checked_flag(_NAME, "zca_whitening", zca_whitening)
        self.zca_epsilon = finite_number(_NAME, "zca_epsilon", zca_epsilon, least=0)
        self.rotation_range = finite_number(_NAME, "rotation_range", rotation_range)
        self.width_shift_range = checked_shift(_NAME, "width_shift_range", width_shift_range)
        self.height_shift_range = checked_shift(_NAME, "height_shift_range", height_shift_range)
        self.brightness_range = None
        if brightness_range is not None:
            self.brightness_range = checked_pair(_NAME, "brightness_range", brightness_range)
        self.shear_range = finite_number(_NAME, "shear_range", shear_range)
        if not isinstance(zoom_range, (tuple, list)):
            share = finite_number(_NAME, "zoom_range", zoom_range)
            zoom_range = (1 - abs(share), 1 + abs(share))
        self.zoom_range = checked_pair(_NAME, "zoom_range", zoom_range)
        self.channel_shift_range = finite_number(_NAME, "channel_shift_range", channel_shift_range)
        fill_mode_code(_NAME, fill_mode)
        self.fill_mode, self.cval = fill_mode, finite_number(_NAME, "cval", cval)
        self.horizontal_flip = checked_flag(_NAME, "horizontal_flip", horizontal_flip)
        self.vertical_flip = checked_flag(_NAME, "vertical_flip", vertical_flip)
        self.rescale = None if rescale is None else finite_number(_NAME, "rescale", rescale)
        if preprocessing_function is not None:
            checked_function(_NAME, "preprocessing_function", preprocessing_function)
        self.preprocessing_function = preprocessing_function
        self.data_format = checked_data_format(_NAME, data_format)
        self.row_axis, self.col_axis = image_axes(self.data_format)
        self.channel_axis = 6 - self.row_axis - self.col_axis
        self.validation_split = finite_number(_NAME, "validation_split", validation_split, least=0)
        if self.validation_split >= 1:
            raise ValueError(f"{_NAME}: validation_split={validation_split}; must be < 1")
        order = whole_number(_NAME, "interpolation_order", interpolation_order, 0)
        if order > 1:
            raise ValueError(f"{_NAME}: interpolation_order={order}; must be 0 or 1")
        self.interpolation_order = order
        self.dtype = dtype_name(_NAME, dtype)
        self._center_where_needed()

    def _center_where_needed(self) -> None:
        """Turn on the means that deviations and whitening need, as Keras does."""
        if self.zca_whitening:
            self._override("featurewise_center", True, "zca_whitening")
            self._override("featurewise_std_normalization", False, "zca_whitening")
        if self.featurewise_std_normalization:
            self._override("featurewise_center", True, "featurewise_std_normalization")
        if self.samplewise_std_normalization:
            self._override("samplewise_center", True, "samplewise_std_normalization")

    def _override(self, option: str, value: bool, reason: str) -> None:
        if getattr(self, option) is not value:
            setattr(self, option, value)
            warnings.warn(f"{_NAME}: {reason}=True sets {option}={value}", stacklevel=4)

    @property
    def filling(self) -> Filling:
        """How images are read between and beyond their pixels."""
        order = _INTERPOLATIONS[self.interpolation_order]
        return Filling(self.fill_mode, self.cval, order, self.data_format)

    def as_images(self, function: str, argument: str, x: Any, ndim: int) -> Array:
        """Return numbers as images in the generator's dtype; `ndim` is 3 for one, 4 for several."""
        array: Array = x
        if type(x) is not np.ndarray:
            array = np.asarray(array_of(x, f"{function}: {argument}"))
        if array.dtype.kind not in "fiub":
            raise TypeError(f"{function}: {argument}.dtype={array.dtype}; must be numbers")
        if array.ndim != ndim:
            raise ValueError(f"{function}: {argument}.shape={array.shape}; must have {ndim} axes")
        if math.prod(array.shape[-3:]) == 0:
            raise ValueError(f"{function}: {argument}.shape={array.shape}; images must have pixels")
        images: Array = array.astype(self.dtype, copy=False)
        return images

    @staticmethod
    def generator_of(seed: int | np.random.Generator | None) -> np.random.Generator:
        if isinstance(seed, np.random.Generator):
            return seed
        if seed is None:
            return random.generator()
        return np.random.Generator(np.random.PCG64(whole_number(_NAME, "seed", seed, 0)))

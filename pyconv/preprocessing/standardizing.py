# SPDX-License-Identifier: BSD-3-Clause
"""Means, deviations and whitening: learned from sample images, taken from others."""

from __future__ import annotations

import math
import warnings
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv import ops
from pyconv.geometry import DataFormat
from pyconv.layers.window import image_axes

Array: TypeAlias = npt.NDArray[Any]

SMALLEST_DEVIATION = 1e-6  # what Keras adds to every deviation
MOST_FEATURES = 1 << 14  # of an image to whiten: the matrix has their square


class FeatureStatistics:
    """What `fit` learns: mean and deviation of each channel, and the matrix that whitens.

    mean, std: (1, 1, c), or (c, 1, 1) for "channels_first"; zca_whitening_matrix: (h w c, h w c),
    the inverse square root of the images' covariance; None where not learned.
    """

    mean: Array | None = None
    std: Array | None = None
    zca_whitening_matrix: Array | None = None

    def learn(
        self,
        x: Array,
        data_format: DataFormat,
        *,
        center: bool,
        deviation: bool,
        whitening_epsilon: float | None,
    ) -> None:
        """Learn from images (n, ...) what is asked for; x is changed."""
        over = (0, *image_axes(data_format))
        if center:
            self.mean = x.mean(over, dtype=np.float64, keepdims=True)[0].astype(x.dtype)
            x -= self.mean
        if deviation:
            self.std = x.std(over, dtype=np.float64, keepdims=True)[0].astype(x.dtype)
            x /= self.std + SMALLEST_DEVIATION
        if whitening_epsilon is not None:
            features = math.prod(x.shape[1:])
            if features > MOST_FEATURES:
                raise MemoryError(
                    f"fit: zca_whitening of images {x.shape[1:]} takes a matrix of {features} x "
                    f"{features}; at most {MOST_FEATURES}"
                )
            directions, singular, _ = np.linalg.svd(x.reshape(len(x), -1).T, full_matrices=False)
            scale = math.sqrt(len(x)) / (singular + whitening_epsilon)
            self.zca_whitening_matrix = (directions * scale) @ directions.T

    def center(self, x: Array) -> None:
        """Take the mean away, in place."""
        if self.mean is None:
            _not_learned("featurewise_center")
        else:
            x -= self.mean

    def scale(self, x: Array) -> None:
        """Divide by the deviation, in place."""
        if self.std is None:
            _not_learned("featurewise_std_normalization")
        else:
            x /= self.std + SMALLEST_DEVIATION

    def whitened(self, x: Array) -> Array:
        """Return one image, or (n, ...) of them, times the matrix."""
        matrix = self.zca_whitening_matrix
        if matrix is None:
            _not_learned("zca_whitening")
            return x
        flat = x.reshape(-1, math.prod(x.shape[-3:]))
        if flat.shape[1] != len(matrix):
            raise ValueError(f"standardize: x.shape={x.shape}; must have {len(matrix)} features")
        return ops.gemm(flat, matrix.astype(x.dtype, copy=False)).reshape(x.shape)


def center_each(x: Array) -> None:
    """Take from each image its own mean, in place."""
    x -= x.mean(_of_one(x), keepdims=True)


def scale_each(x: Array) -> None:
    """Divide each image by its own deviation, in place."""
    x /= x.std(_of_one(x), keepdims=True) + SMALLEST_DEVIATION


def _of_one(x: Array) -> tuple[int, ...]:
    return tuple(range(x.ndim - 3, x.ndim))


def _not_learned(option: str) -> None:
    warnings.warn(
        f"ImageDataGenerator: {option}=True needs statistics; call fit(images) first", stacklevel=5
    )

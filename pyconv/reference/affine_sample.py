# SPDX-License-Identifier: BSD-3-Clause
"""Affine sampling: y[i, j] = sum over taps of weight * x[tap], taps around m . (j, i, 1).

A tap beyond the image is moved into it, or with fill_mode "constant" is the fill value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat

Array: TypeAlias = npt.NDArray[Any]


def _axis_taps(place: Array, interpolation: str) -> list[tuple[Array, Array]]:
    """Return (index, weight) of the pixels around places of one axis."""
    if interpolation == "nearest":
        return [(np.rint(place).astype(np.int64), np.ones(place.shape))]
    lower = np.floor(place)
    index = lower.astype(np.int64)
    return [(index, 1 - (place - lower)), (index + 1, place - lower)]


def _moved(index: Array, size: int, fill_mode: str) -> Array:
    if fill_mode == "wrap":
        return np.mod(index, size)
    if fill_mode == "reflect":
        folded: Array = index % (2 * size)
        return np.where(folded < size, folded, 2 * size - 1 - folded)
    return np.clip(index, 0, size - 1)


def _taps(
    h: int, w: int, matrix: Array, interpolation: str, fill_mode: str
) -> Iterator[tuple[Array, Array, Array, Array]]:
    """Yield (rows, columns, weights, inside), each (h, w), for every tap of one image."""
    i, j = np.indices((h, w)).astype(np.float64)
    (a0, a1, a2), (b0, b1, b2) = matrix.astype(np.float64)
    for row, down in _axis_taps(b0 * j + b1 * i + b2, interpolation):
        for column, across in _axis_taps(a0 * j + a1 * i + a2, interpolation):
            inside = (row >= 0) & (row < h) & (column >= 0) & (column < w)
            if fill_mode != "constant":
                inside[...] = True
            yield _moved(row, h, fill_mode), _moved(column, w, fill_mode), down * across, inside


def affine_sample(
    x: Array,
    matrices: Array,
    *,
    fill_mode: str = "constant",
    fill_value: float = 0.0,
    interpolation: str = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return every image seen through its map."""
    images = np.moveaxis(x, 1, -1) if data_format == "channels_first" else x
    y = np.zeros(images.shape)
    for image, matrix, result in zip(images, matrices, y, strict=True):
        h, w, _ = image.shape
        for rows, columns, weights, inside in _taps(h, w, matrix, interpolation, fill_mode):
            seen = np.where(inside[..., None], image[rows, columns], fill_value)
            result += weights[..., None] * seen
    y = y.astype(x.dtype)
    return np.ascontiguousarray(np.moveaxis(y, -1, 1) if data_format == "channels_first" else y)


def affine_sample_backward(
    dy: Array,
    matrices: Array,
    *,
    fill_mode: str = "constant",
    interpolation: str = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return dx: every dy added, by its weight, at each tap inside the image."""
    gradients = np.moveaxis(dy, 1, -1) if data_format == "channels_first" else dy
    dx = np.zeros(gradients.shape)
    for gradient, matrix, result in zip(gradients, matrices, dx, strict=True):
        h, w, _ = gradient.shape
        for rows, columns, weights, inside in _taps(h, w, matrix, interpolation, fill_mode):
            np.add.at(result, (rows, columns), (weights * inside)[..., None] * gradient)
    dx = dx.astype(dy.dtype)
    return np.ascontiguousarray(np.moveaxis(dx, -1, 1) if data_format == "channels_first" else dx)

# SPDX-License-Identifier: BSD-3-Clause
"""Global pooling: y[n, c] is the mean, or the largest pixel, of x[n, :, :, c]."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, Shape

Array: TypeAlias = npt.NDArray[Any]


def _axes(data_format: DataFormat) -> tuple[int, int]:
    return (2, 3) if data_format == "channels_first" else (1, 2)


def global_avg_pool2d(
    x: Array, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> Array:
    """Return the mean over height and width."""
    mean: Array = x.mean(axis=_axes(data_format), keepdims=keepdims, dtype=np.float64)
    return mean.astype(x.dtype)


def global_avg_pool2d_backward(
    dy: Array,
    input_shape: Shape,
    *,
    keepdims: bool = False,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return dy / (h * w) at every pixel."""
    axes = _axes(data_format)
    share = dy.astype(np.float64) / (input_shape[axes[0]] * input_shape[axes[1]])
    if not keepdims:
        share = np.expand_dims(share, axes)
    return np.ascontiguousarray(np.broadcast_to(share, input_shape).astype(dy.dtype))


def global_max_pool2d(
    x: Array, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> Array:
    """Return the largest pixel over height and width."""
    y, _ = global_max_pool2d_with_argmax(x, keepdims=keepdims, data_format=data_format)
    return y


def global_max_pool2d_with_argmax(
    x: Array, *, keepdims: bool = False, data_format: DataFormat = "channels_last"
) -> tuple[Array, Array]:
    """Return y and argmax = row * w + column: the first NaN, or of equals the first."""
    axes = _axes(data_format)
    pixels = _flat(x, data_format)  # (n, h * w, c)
    first = pixels.argmax(axis=1)  # NumPy's argmax: a NaN wins, of equals the first
    y = np.take_along_axis(pixels, first[:, None], axis=1)[:, 0]
    argmax = first.astype(np.uint8 if pixels.shape[1] <= 256 else np.int32)
    return (np.expand_dims(y, axes), np.expand_dims(argmax, axes)) if keepdims else (y, argmax)


def global_max_pool2d_backward(
    dy: Array,
    argmax: Array,
    input_shape: Shape,
    *,
    keepdims: bool = False,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return dx of the input's shape: dy at the pixel that won, else 0."""
    dx = np.zeros(input_shape, dy.dtype)
    first = data_format == "channels_first"
    n, c, width = input_shape[0], input_shape[1 if first else 3], input_shape[3 if first else 2]
    rows, columns = np.divmod(argmax.reshape(n, c).astype(np.int64), width)
    image, channel = np.ogrid[:n, :c]
    where = (image, channel, rows, columns) if first else (image, rows, columns, channel)
    dx[where] = dy.reshape(n, c)
    return dx


def _flat(x: Array, data_format: DataFormat) -> Array:
    last = np.moveaxis(x, 1, -1) if data_format == "channels_first" else x
    n, h, w, c = last.shape
    return last.reshape(n, h * w, c)

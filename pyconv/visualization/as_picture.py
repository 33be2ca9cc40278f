# SPDX-License-Identifier: BSD-3-Clause
"""Pictures as they are given, as values from 0 to 1."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.evaluation.numbers_of import numbers_of

Picture = npt.NDArray[np.float32]  # (h, w) grey or (h, w, 3) colour, values in [0, 1]
Map = npt.NDArray[np.float32]  # (h, w), values in [0, 1]


def as_picture(function: str, argument: str, value: object) -> Picture:
    """Return a picture (h, w) or (h, w, 3) with values from 0 to 1.

    Bytes, other integers, and floats of which one is above 1 are divided by 255; what lies outside
    afterwards is cut off.

    Args:
        value: (h, w), (h, w, 1) or (h, w, 3); finite numbers.
    Raises:
        TypeError: no numbers. ValueError: another shape, no pixel, NaN or infinity.
    """
    array = numbers_of(function, argument, value)
    grey = array.ndim == 3 and array.shape[2] == 1
    if not (array.ndim == 2 or grey or array.shape[2:] == (3,)) or not array.size:
        raise ValueError(
            f"{function}: {argument}.shape={array.shape}; must be (h, w), (h, w, 1) or (h, w, 3)"
        )
    check_finite(function, argument, array)
    array = array[..., 0] if grey else array
    scale = 255.0 if array.dtype.kind in "iu" or array.max() > 1 else 1.0
    return np.asarray((array / scale).clip(0, 1), np.float32)


def check_finite(function: str, argument: str, array: npt.NDArray[Any]) -> None:
    if not np.isfinite(array).all():
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{function}: {argument}{list(at)}={array[at]}; must be finite")


def as_map(function: str, argument: str, value: object) -> Map:
    """Return a map (h, w) of finite values from 0 to 1.

    Raises:
        TypeError: no numbers. ValueError: another shape, or a value outside.
    """
    array = numbers_of(function, argument, value)
    if array.ndim != 2 or not array.size:
        raise ValueError(f"{function}: {argument}.shape={array.shape}; must be (h, w)")
    if not (array >= 0).all() or not (array <= 1).all():
        raise ValueError(f"{function}: {argument} has values outside [0, 1]")
    return array.astype(np.float32)


def as_colours(picture: Picture) -> Picture:
    """Return a grey or colour picture as (h, w, 3)."""
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def from_least_to_most(values: npt.NDArray[Any], axis: Any = None) -> npt.NDArray[Any]:
    """Return values scaled so that the smallest is 0 and the largest 1; equal ones become 0."""
    least, most = values.min(axis, keepdims=True), values.max(axis, keepdims=True)
    scaled: npt.NDArray[Any] = (values - least) / np.where(most > least, most - least, 1)
    return scaled

# SPDX-License-Identifier: BSD-3-Clause
"""Pictures from files: read with care by Pillow, or as .npy arrays.

Transparent parts become white, 16-bit greys are scaled, the camera's turn is undone, and of an
animation the first picture counts.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.data.image_files import check_size, opened_image
from pyconv.data.regular_file import open_regular

Picture = npt.NDArray[np.float32]  # (h, w, 1) grey or (h, w, 3) colour, values in [0, 1]


def read_picture(path: str) -> Picture:
    """Return the picture of a file, (h, w, 1) or (h, w, 3), in [0, 1].

    A .npy file holds (h, w), (h, w, 1) or (h, w, 3), uint8, or floating-point from 0 to 1.
    Raises:
        ValueError: naming the path, what is no such picture, or one too large.
        OSError: the file cannot be opened. ImportError: Pillow is needed and not installed.
    """
    return _read_array(path) if path.endswith(".npy") else _read_image(path)


def _read_array(path: str) -> Picture:
    try:
        with open_regular(path) as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            _check_array(shape, dtype)
            file.seek(0)
            array = np.lib.format.read_array(file, allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
    if array.dtype == np.uint8:
        array = array / np.float32(255)
    elif not (array >= 0).all() or not (array <= 1).all():
        raise ValueError(f"{path}: has values outside [0, 1]; must be uint8, or floats in [0, 1]")
    picture: Picture = array.astype(np.float32).reshape(*array.shape[:2], -1)
    return picture


def _check_array(shape: tuple[int, ...], dtype: Any) -> None:
    pictures = len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3))
    if not pictures or (dtype != np.uint8 and dtype.kind != "f"):
        raise ValueError(
            f"is {dtype} {shape}; must be uint8 or float (h, w), (h, w, 1) or (h, w, 3)"
        )
    check_size(shape[1], shape[0])


def _read_image(path: str) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with opened_image(path, function="predict") as image:
            return _as_array(image)


def _as_array(image: Any) -> Picture:
    """Return a Pillow image of any mode as an array in [0, 1]."""
    if image.mode.startswith("I") or image.mode == "F":
        wide = np.asarray(image, np.float32)[..., None] / np.float32(65535)
        return np.asarray(wide.clip(0, 1), np.float32)
    if "A" in image.mode or "transparency" in image.info:
        image = image.convert("RGBA")
        white = image.copy()
        white.paste((255, 255, 255, 255), (0, 0, *image.size))
        white.alpha_composite(image)
        image = white
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    array: Picture = np.asarray(image, np.float32) / np.float32(255)
    return array.reshape(*array.shape[:2], -1)

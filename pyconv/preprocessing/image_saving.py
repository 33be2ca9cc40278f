# SPDX-License-Identifier: BSD-3-Clause
"""Images written to files, to be looked at."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from pyconv.arguments import checked_path, one_of
from pyconv.data.image_files import pillow
from pyconv.data.pillow_images import array_to_img
from pyconv.geometry import DataFormat

FORMATS = ("bmp", "gif", "jpeg", "jpg", "png", "webp")


def checked_folder(function: str, folder: str | os.PathLike[str], prefix: Any, format: Any) -> str:
    """Return a folder that exists, after a look at the names that files in it will have."""
    path = checked_path(function, "save_to_dir", folder)
    if not os.path.isdir(path):
        raise ValueError(f"{function}: save_to_dir={path!r}; must be a folder that exists")
    if not isinstance(prefix, str) or os.path.basename(prefix) != prefix or "\0" in prefix:
        raise ValueError(f"{function}: save_prefix={prefix!r}; must be a part of a file name")
    one_of(function, "save_format", format, FORMATS)
    pillow(function)
    return path


def save_images(
    images: np.ndarray[Any, Any],
    numbers: np.ndarray[Any, Any],
    data_format: DataFormat,
    drawn: np.random.Generator,
    folder: str,
    prefix: str,
    format: str,
) -> None:
    """Write each image as {prefix}_{number}_{random number}.{format}."""
    for image, number in zip(images, numbers, strict=True):
        name = f"{prefix}_{number}_{drawn.integers(10**7)}.{format}"
        picture = array_to_img(np.nan_to_num(image), data_format)
        if format in ("jpeg", "jpg") and picture.mode == "RGBA":
            picture = picture.convert("RGB")
        picture.save(os.path.join(folder, name))

# SPDX-License-Identifier: BSD-3-Clause
"""Pillow images and arrays: load_img, img_to_array, array_to_img, save_img."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from pyconv.arguments import (
    DataFormat,
    checked_flag,
    element_type,
    normalise_data_format,
    one_of,
    whole_number,
)
from pyconv.autograd import array_of
from pyconv.data.image_files import (
    ColorMode,
    checked_color_mode,
    checked_size,
    converted,
    eight_bits,
    is_wide,
    opened_image,
    pillow,
)
from pyconv.saving.atomic import atomic_write

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
_FORMATS = {"jpg": "jpeg", "tif": "tiff"}


def load_img(
    path: str | bytes | os.PathLike[str] | BinaryIO,
    color_mode: ColorMode = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Any:
    """Return a file's picture as a Pillow image, upright.

    Args:
        path: of a BMP, GIF, JPEG, PNG or WEBP file, or such a file opened to read bytes.
        color_mode: "grayscale" leaves 16-bit greys as they are, everything else is 8 bits.
        target_size: pixels (height, width).
        interpolation: Pillow's nearest, bilinear, bicubic, hamming, box or lanczos; all but
            "nearest" antialias.
        keep_aspect_ratio: cut off at the centre what does not fit.
    Raises:
        ValueError: naming the path: no picture, damaged, cut short, or too large; an argument.
        OSError: the file cannot be opened. ImportError: Pillow is not installed.
    Source: Keras utils.load_img; the camera's turn (EXIF) is undone here, not there.
    """
    pillow("load_img")
    mode = checked_color_mode("load_img", color_mode)
    size = None
    if target_size is not None:
        size = checked_size("load_img", "target_size", target_size)
    one_of("load_img", "interpolation", interpolation, INTERPOLATIONS)
    checked_flag("load_img", "keep_aspect_ratio", keep_aspect_ratio)
    given = os.fsdecode(path) if isinstance(path, bytes) else path
    with opened_image(given, function="load_img") as image:
        return sized_image(image, mode, size, interpolation, keep_aspect_ratio)


def sized_image(
    image: Any,
    color_mode: str,
    size: tuple[int, int] | None,
    interpolation: str,
    keep_aspect_ratio: bool,
) -> Any:
    """Return an image in a colour mode, at a size (height, width), as load_img does."""
    if not (is_wide(image) and color_mode == "grayscale"):
        image = converted(eight_bits(image), color_mode)
    if size is None or image.size == size[::-1]:
        return image
    box = _window(image.size, size) if keep_aspect_ratio else None
    filters = pillow("load_img").Resampling
    return image.resize(size[::-1], filters[interpolation.upper()], box=box)


def _window(found: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the largest centred window of a size's aspect ratio: left, top, right, bottom."""
    width, height = found
    rows = min(height, width * size[0] // size[1])
    columns = min(width, height * size[1] // size[0])
    top, left = (height - rows) // 2, (width - columns) // 2
    return left, top, left + columns, top + rows


def img_to_array(
    img: Any, data_format: DataFormat | None = None, dtype: str | None = None
) -> npt.NDArray[Any]:
    """Return a Pillow image as an array (h, w, channels), or channels_first; float32 by default.

    Args:
        img: a Pillow image, or an array (h, w) or (h, w, channels).
    Raises:
        ValueError: another rank.
    Source: Keras utils.img_to_array.
    """
    first = data_format is not None and normalise_data_format("img_to_array", data_format)
    kind = _number_type("img_to_array", dtype)
    x = np.asarray(array_of(img, "img_to_array: img")).astype(kind, copy=False)
    if x.ndim == 2:
        x = x[:, :, None]
    if x.ndim != 3:
        raise ValueError(f"img_to_array: img has shape {x.shape}; must be (h, w) or (h, w, c)")
    return x.transpose(2, 0, 1) if first else x


def _number_type(function: str, dtype: object) -> np.dtype[Any]:
    """Return a dtype of numbers, float32 for None."""
    return element_type(function, "dtype", "float32" if dtype is None else dtype, "fiu")


def array_to_img(
    x: Any, data_format: DataFormat | None = None, scale: bool = True, dtype: str | None = None
) -> Any:
    """Return an array (h, w, channels), or channels_first, as a Pillow image.

    Args:
        x: 1, 3 or 4 channels; an array or Tensor.
        scale: stretch the values so that the least becomes 0 and the largest 255; else they are
            cut to whole numbers. One channel with values above 255 gives an image of mode "I".
    Raises:
        ValueError: rank or channels; values that are no numbers.
    Source: Keras utils.array_to_img.
    """
    module = pillow("array_to_img")
    first = data_format is not None and normalise_data_format("array_to_img", data_format)
    checked_flag("array_to_img", "scale", scale)
    kind = _number_type("array_to_img", dtype)
    pixels = np.asarray(array_of(x, "array_to_img: x")).astype(kind, copy=False)
    if pixels.ndim != 3:
        raise ValueError(f"array_to_img: x.shape={pixels.shape}; must be (h, w, channels)")
    pixels = pixels.transpose(1, 2, 0) if first else pixels
    if pixels.shape[2] not in (1, 3, 4) or not pixels.size:
        raise ValueError(
            f"array_to_img: x.shape={np.shape(x)}; must have pixels, and 1, 3 or 4 channels"
        )
    if not np.isfinite(pixels).all():
        raise ValueError("array_to_img: x has values that are not finite")
    if scale:
        with np.errstate(over="ignore"):
            span = pixels.max() - pixels.min()
        pixels = pixels if np.isfinite(span) else pixels / 2
        pixels = pixels - pixels.min()
        largest = pixels.max()
        pixels = (pixels / largest if largest else pixels) * 255
    if np.abs(pixels).max() >= 2**31:
        raise ValueError("array_to_img: x has values of 2^31 and more; must be below 2^31")
    if pixels.shape[2] == 1:
        wide = pixels.max() > 255
        return module.fromarray(pixels[:, :, 0].astype(np.int32 if wide else np.uint8))
    # Through int64: what a cast of negative values to uint8 gives is the machine's choice.
    return module.fromarray(pixels.astype(np.int64).astype(np.uint8))


def save_img(
    path: str | os.PathLike[str] | BinaryIO,
    x: Any,
    data_format: DataFormat | None = None,
    file_format: str | None = None,
    scale: bool = True,
    *,
    quality: int | None = None,
) -> None:
    """Write an array as an image file, whole or not at all.

    Args:
        path: or a file opened to write bytes, with file_format.
        x, data_format, scale: as in array_to_img.
        file_format: "png", "jpeg"...; by the suffix of the path by default.
        quality: 0 to 100, of formats that lose some.
    Raises:
        ValueError: an unknown format, or as array_to_img. OSError: naming the path.
    Source: Keras utils.save_img.
    """
    pillow("save_img")
    is_path = isinstance(path, (str, os.PathLike))
    if not is_path and not hasattr(path, "write"):
        raise TypeError(f"save_img: path={path!r}; must be a path or a file opened to write bytes")
    if file_format is None:
        file_format = Path(os.fspath(path)).suffix[1:] if is_path else ""  # type: ignore[arg-type]
    if not isinstance(file_format, str):
        raise TypeError(f"save_img: file_format={file_format!r}; must be a name")
    options = {}
    if quality is not None:
        options["quality"] = whole_number("save_img", "quality", quality, 0, largest=100)
    kind = _FORMATS.get(file_format.lower(), file_format.lower()).upper()
    image = array_to_img(x, data_format, scale)
    module = pillow("save_img")
    module.init()
    if kind not in module.SAVE:
        raise ValueError(f"save_img: file_format={file_format!r}; must be one Pillow can write")
    if image.mode == "RGBA" and kind == "JPEG":
        warnings.warn("save_img: JPEG keeps no transparency; it is left out", stacklevel=2)
        image = image.convert("RGB")
    if image.mode == "I" and kind == "PNG":
        image = _wide_greys(np.asarray(image))
    if not is_path:
        image.save(path, format=kind, **options)
        return
    with atomic_write(path) as file:  # type: ignore[arg-type]
        image.save(file, format=kind, **options)


def _wide_greys(values: npt.NDArray[np.int32]) -> Any:
    """Return whole numbers as an image of 16 bits, the widest that PNG has."""
    least, largest = int(values.min()), int(values.max())
    if least < 0 or largest > 65535:
        raise ValueError(f"save_img: x has values from {least} to {largest}; PNG keeps 0 to 65535")
    return pillow("save_img").fromarray(values.astype(np.uint16))

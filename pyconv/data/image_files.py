# SPDX-License-Identifier: BSD-3-Clause
"""One image file becomes one array, whatever the file is; what is no picture is named.

The content decides the format, not the name. Of an animation the first picture counts, the camera's
turn (EXIF orientation) is undone, 16-bit greys are scaled to 8 bits by 1/257, CMYK becomes RGB by
Pillow's formula, and transparency is left out of "rgb" and "grayscale", as Keras does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.arguments import checked_path, normalise_pair, one_of
from pyconv.data.jpeg_sheet import jpeg_pixels
from pyconv.data.pillow_memory import pixels_of
from pyconv.data.plain_jpeg import plain_jpeg
from pyconv.data.regular_file import held_regular

ColorMode: TypeAlias = Literal["grayscale", "rgb", "rgba"]
Bytes: TypeAlias = npt.NDArray[np.uint8]
ImageFile: TypeAlias = str | os.PathLike[str] | BinaryIO

CHANNELS: dict[str, int] = {"grayscale": 1, "rgb": 3, "rgba": 4}
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "WEBP")
MOST_PIXELS, MOST_SIDE = 1 << 26, 1 << 16

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
_ORIENTATION = 0x0112  # the EXIF tag
_WIDE = 65535 // 255


def pillow(function: str) -> Any:
    """Return the module PIL.Image, or say how to install it."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(f"{function}: image files need Pillow; pip install pillow") from None
    return Image


def checked_color_mode(function: str, color_mode: object) -> str:
    """Return a colour mode by its name; others are refused."""
    return one_of(function, "color_mode", color_mode, CHANNELS)


def decode_image(
    path: ImageFile, color_mode: ColorMode = "rgb", *, function: str = "decode_image"
) -> Bytes:
    """Return the picture of a file, (h, w, channels) uint8; channels are 1, 3 or 4.

    Args:
        path: of a BMP, GIF, JPEG, PNG or WEBP file, or such a file opened to read bytes.
        function: whose name errors about arguments carry.
    Raises:
        ValueError: naming the path: no such file format, damaged, cut short, or too large.
        OSError: the file cannot be opened. ImportError: Pillow is not installed.
    """
    mode = checked_color_mode(function, color_mode)
    with opened_image(path, function=function, plainly=True) as image:
        array = np.asarray(converted(eight_bits(image), mode))
    return array.reshape(*array.shape[:2], CHANNELS[mode])


@contextmanager
def picture(path: str, color_mode: str) -> Iterator[Bytes]:
    """Lend the same array, read-only, for the length of the block.

    Raises:
        ValueError, OSError, ImportError: as decode_image.
    """
    module = pillow("picture")
    with held_regular(path) as file:
        plain = jpeg_pixels(module, file, MOST_PIXELS, MOST_SIDE)
        with plain if color_mode == "rgb" else nullcontext() as pixels:
            if pixels is None:
                with _decoded(module, file, path, plainly=True) as image:
                    pixels = pixels_of(converted(eight_bits(image), color_mode))
            yield pixels


@contextmanager
def opened_image(
    path: ImageFile, *, function: str = "opened_image", plainly: bool = False
) -> Iterator[Any]:
    """Open an image file as an upright Pillow image of its own mode, decoded.

    Where its pixels are all that is asked for, `plainly`, it need not know its format and profile.
    The size is judged before anything is decoded. Whatever Pillow, here or in the block, finds
    wrong with the file becomes a ValueError. Several threads may do this at once.
    Raises:
        ValueError, OSError, ImportError: as decode_image.
    """
    module = pillow(function)
    if isinstance(path, (str, os.PathLike)):
        file: BinaryIO = held_regular(checked_path(function, "path", path))
    elif hasattr(path, "read"):
        file = path
    else:
        raise TypeError(f"{function}: path={path!r}; must be a path or a file opened to read bytes")
    try:
        with _decoded(module, file, named(path), plainly=plainly) as image:
            yield image
    finally:
        if file is not path:
            file.close()


@contextmanager
def _decoded(module: Any, file: BinaryIO, name: str, *, plainly: bool) -> Iterator[Any]:
    """Decode an image file, as opened_image says; errors call it by `name`."""
    bombs = (module.DecompressionBombError, module.DecompressionBombWarning)
    try:
        image = plain_jpeg(module, file, MOST_PIXELS, MOST_SIDE) if plainly else None
        if image is None:
            image = module.open(file, formats=FORMATS)
            check_size(*image.size)
            image.load()
            image = upright(image)
        yield image
    except MemoryError:
        raise
    except bombs:
        raise ValueError(
            f"{name}: has more than {MOST_PIXELS} pixels; too many for a picture"
        ) from None
    except Exception as error:  # Pillow's decoders raise whatever comes to them
        raise ValueError(f"{name}: {_reason(error)}") from None


def named(path: object) -> str:
    """Return what an error calls a file."""
    if isinstance(path, (str, os.PathLike)):
        return str(os.fspath(path))
    return str(getattr(path, "name", "the opened file"))


def _reason(error: Exception) -> str:
    """Return why a file is no picture, in one line."""
    whole = f"must be a whole file of {', '.join(FORMATS)}"
    if "cannot identify" in str(error):
        return f"no picture; {whole}"
    return f"{str(error) or type(error).__name__}; {whole}"


def check_size(width: int, height: int) -> None:
    """Refuse pictures without pixels, and those that would fill the memory."""
    if not 0 < width * height <= MOST_PIXELS or max(width, height) > MOST_SIDE:
        raise ValueError(
            f"has {width} x {height} pixels; must be 1 to {MOST_PIXELS}, {MOST_SIDE} a side"
        )


def checked_size(function: str, argument: str, value: object) -> tuple[int, int]:
    """Return the (height, width) that pictures are brought to; more than one may have is refused.

    Raises:
        TypeError, ValueError: naming the argument.
    """
    height, width = normalise_pair(function, argument, value, 1)
    if height * width > MOST_PIXELS:
        raise ValueError(
            f"{function}: {argument}={(height, width)}; must be at most {MOST_PIXELS} pixels"
        )
    return height, width


def upright(image: Any) -> Any:
    """Return an image turned and mirrored as its EXIF orientation asks; without one, itself."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a picture with broken EXIF data is a picture still
        return image
    turns = pillow("upright").Transpose
    turn = {
        2: turns.FLIP_LEFT_RIGHT,
        3: turns.ROTATE_180,
        4: turns.FLIP_TOP_BOTTOM,
        5: turns.TRANSPOSE,
        6: turns.ROTATE_270,
        7: turns.TRANSVERSE,
        8: turns.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def is_wide(image: Any) -> bool:
    """Tell a picture of 16-bit greys."""
    return str(image.mode).startswith("I")


def eight_bits(image: Any) -> Any:
    """Return 16-bit greys scaled to 8 bits, 65535 to 255, rounded; other images as they are."""
    if not is_wide(image):
        return image
    values = np.asarray(image).astype(np.int64).clip(0, 65535)
    narrow = (values + _WIDE // 2) // _WIDE
    return pillow("eight_bits").fromarray(narrow.astype(np.uint8))


def converted(image: Any, color_mode: str) -> Any:
    """Return an image of 8 bits a channel in the Pillow mode of a colour mode."""
    mode = _MODES[color_mode]
    if image.mode == mode:
        return image
    if image.mode in ("P", "PA") and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow warns of any other way
    return image.convert(mode)

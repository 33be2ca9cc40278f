# SPDX-License-Identifier: BSD-3-Clause
"""Most JPEG files go to Pillow's decoder at once, which reads their headers for itself.

Pillow reads the headers in Python, too: threads that decode small pictures wait for each other
there. Left to it are files that a camera turned, other colours, or anything out of the ordinary.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pyconv.data.plain_exif import EXIF, is_upright

_START, _SCAN = b"\xff\xd8", 0xDA
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive, by Huffman's code
# Tables, restart interval, comment, JFIF and Adobe: what the decoder judges alone.
_OF_THE_DECODER = frozenset({0xDB, 0xC4, 0xDD, 0xFE, 0xE0, 0xEE})
_PROFILE, _PROFILE_NAME = 0xE2, b"ICC_PROFILE\0"
_CAMERA = 0xE1  # EXIF, XMP
_RGB_OF_8_BITS = (8, 3)  # bits, components


def plain_jpeg(module: Any, file: object, most_pixels: int, most_side: int) -> Any:
    """Return the picture of a JPEG file as an RGB image, None where Pillow is to open the file.

    Args:
        module: PIL.Image.
        file: whose content is in memory.
        most_pixels, most_side: larger pictures are left to Pillow, and to its refusal.
    """
    plain = plain_size(module, file, most_pixels, most_side)
    if plain is None:
        return None
    content, size = plain
    try:
        return module.frombytes("RGB", size, content, "jpeg", "RGB", "")
    except (ValueError, OSError):  # cut short, or damaged: Pillow says how
        return None


def plain_size(
    module: Any, file: object, most_pixels: int, most_side: int
) -> tuple[bytes, tuple[int, int]] | None:
    """Return such a file's content and the (width, height) of its picture, or None."""
    if not isinstance(file, BytesIO):
        return None
    content = file.getvalue()
    size = _size_of(content)
    if size is None or max(size) > most_side:
        return None
    pixels, limit = size[0] * size[1], module.MAX_IMAGE_PIXELS
    if not 0 < pixels <= most_pixels or (limit is not None and pixels > limit):
        return None
    return content, size


def _size_of(content: bytes) -> tuple[int, int] | None:
    """Return (width, height) of an upright RGB picture, None of anything else."""
    if not content.startswith(_START):
        return None
    at, size, exifs = 2, None, 0
    while at + 4 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], content[at + 2] << 8 | content[at + 3]
        if marker in _FRAMES:
            frame = content[at + 4 : at + 10]
            if size is not None or len(frame) < 6 or (frame[0], frame[5]) != _RGB_OF_8_BITS:
                return None
            size = frame[3] << 8 | frame[4], frame[1] << 8 | frame[2]
        elif marker == _SCAN:
            return size
        elif marker == _CAMERA:
            block = content[at + 4 : at + 2 + length]
            exifs += block.startswith(EXIF)
            if exifs > 1 or not is_upright(block):  # Pillow joins several
                return None
        elif marker not in _OF_THE_DECODER and not (
            marker == _PROFILE and content.startswith(_PROFILE_NAME, at + 4)
        ):
            return None
        at += 2 + length
    return None

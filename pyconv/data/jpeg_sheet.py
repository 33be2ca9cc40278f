# SPDX-License-Identifier: BSD-3-Clause
"""JPEG pictures are decoded onto sheets of memory that serve one picture after the other.

A fresh image for each is allocated, painted black and touched for the first time, which takes a
sixth of the time that decoding a small one does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.data.pillow_memory import lent_pixels
from pyconv.data.plain_jpeg import plain_size

Bytes = npt.NDArray[np.uint8]

_MOST_PIXELS = 1 << 20  # of a sheet, 4 MB; larger pictures have memory of their own
_SIDE = 512  # of the least one


class _Sheet:
    """A Pillow image, larger than the pictures, and its memory as an array, None if not lent."""

    def __init__(self, module: Any, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.image = module.new("RGB", (width, height))
        self.pixels = lent_pixels(self.image)

    def decoded(self, module: Any, content: bytes, width: int, height: int) -> Bytes | None:
        """Return the picture of a JPEG file in the sheet's corner, None of one that is damaged."""
        if self.pixels is None:
            return None
        try:
            decoder = module._getdecoder("RGB", "jpeg", ("RGB", ""))
            decoder.setimage(self.image.im, (0, 0, width, height))
            consumed, error = decoder.decode(content)
        except (AttributeError, TypeError, ValueError, OSError):  # perhaps of another Pillow
            return None
        if consumed >= 0 or error:  # cut short, or damaged, as Image.frombytes judges it
            return None
        return self.pixels[:height, :width]


# As many as pictures were decoded at the same time.
_spare: deque[_Sheet] = deque(maxlen=64)


@contextmanager
def jpeg_pixels(
    module: Any, file: object, most_pixels: int, most_side: int
) -> Iterator[Bytes | None]:
    """Lend the picture of a JPEG file as (h, w, 3), read-only, for the length of the block.

    None where plain_jpeg has none, where the picture is large, or where Pillow does not lend its
    memory.

    Args: as of plain_jpeg.
    """
    plain = plain_size(module, file, most_pixels, most_side)
    if plain is None:
        yield None
        return
    content, (width, height) = plain
    sheet = _sheet_for(module, width, height)
    if sheet is None:
        yield None
        return
    try:
        yield sheet.decoded(module, content, width, height)
    finally:
        _spare.append(sheet)


def _sheet_for(module: Any, width: int, height: int) -> _Sheet | None:
    """Take a spare sheet that has room, or make one with room for those before, too."""
    if width * height > _MOST_PIXELS:
        return None
    columns, rows = max(width, _SIDE), max(height, _SIDE)
    try:
        sheet = _spare.pop()
    except IndexError:
        pass
    else:
        if width <= sheet.width and height <= sheet.height:
            return sheet
        columns, rows = max(columns, sheet.width), max(rows, sheet.height)
    if columns * rows > _MOST_PIXELS:
        columns, rows = width, height
    return _Sheet(module, columns, rows)

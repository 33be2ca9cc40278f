# SPDX-License-Identifier: BSD-3-Clause
"""The checksum that ends every file written here: "pyconv crc32 " and eight hex digits.

It covers every byte before the digits, so that any cut and any changed bit is found. The readers
of zip and HDF5 files elsewhere pass over it.
"""

from __future__ import annotations

import os
import zlib
from typing import BinaryIO

MARK = b"pyconv crc32 "
DIGITS = 8
PLACE = MARK + b"0" * DIGITS  # what `seal` expects at the end
CHUNK = 1 << 20


def seal(file: BinaryIO) -> None:
    """Put the checksum over the digits that end the file."""
    end = file.seek(0, os.SEEK_END)
    digits = checksum(file, end - DIGITS)
    file.seek(end - DIGITS)
    file.write(digits)


def is_sealed(file: BinaryIO) -> bool:
    """Tell whether the file ends in a checksum; one that does not fit: ValueError."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - len(PLACE), 0))
    end = file.read(len(PLACE))
    sealed = len(end) == len(PLACE) and end.startswith(MARK)
    if sealed and checksum(file, size - DIGITS) != end[-DIGITS:]:
        raise ValueError("damaged: its checksum does not fit")
    file.seek(0)
    return sealed


def checksum(file: BinaryIO, size: int) -> bytes:
    """Return the digits over the first `size` bytes."""
    file.seek(0)
    crc, left = 0, size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            break
        crc, left = zlib.crc32(chunk, crc), left - len(chunk)
    return b"%08x" % crc

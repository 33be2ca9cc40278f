# SPDX-License-Identifier: BSD-3-Clause
"""Opening files that others made: ordinary ones only, and without waiting."""

from __future__ import annotations

import os
import stat
from io import BytesIO
from typing import BinaryIO

_MOST_HELD = 1 << 24  # bytes


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open an ordinary file to read; a folder, pipe or device is a ValueError, at once."""
    return open(_descriptor(path)[0], "rb")


def held_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open an ordinary file as `open_regular` does, its content in memory unless it is large.

    Threads that read many small files wait for each other at every call of the system, so there
    are few of them.
    """
    descriptor, size = _descriptor(path)
    if not 0 < size <= _MOST_HELD:
        return open(descriptor, "rb")
    try:
        content = os.read(descriptor, size)
        while len(content) < size and (more := os.read(descriptor, size - len(content))):
            content += more
    finally:
        os.close(descriptor)
    return BytesIO(content)


def _descriptor(path: str | os.PathLike[str]) -> tuple[int, int]:
    """Return the descriptor of an ordinary file and its size in bytes."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        os.close(descriptor)
        kind = "is a folder" if stat.S_ISDIR(found.st_mode) else "not an ordinary file"
        raise ValueError(f"{os.fspath(path)}: {kind}")
    return descriptor, found.st_size

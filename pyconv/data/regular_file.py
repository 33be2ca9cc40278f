# SPDX-License-Identifier: BSD-3-Clause
"""Opening files that others made: ordinary ones only, and without waiting."""

from __future__ import annotations

import os
import stat
from typing import BinaryIO


def open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open an ordinary file to read; a folder, pipe or device is a ValueError, at once."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "is a folder" if stat.S_ISDIR(mode) else "not an ordinary file"
        raise ValueError(f"{os.fspath(path)}: {kind}")
    return open(descriptor, "rb")

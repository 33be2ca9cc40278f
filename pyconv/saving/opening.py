# SPDX-License-Identifier: BSD-3-Clause
"""Which format a path asks for, and opening the file that must be of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from pyconv.arguments import checked_path

HDF5 = b"\x89HDF\r\n\x1a\n"
FORMATS = {  # longest suffix first
    ".weights.h5": HDF5,
    ".keras": b"PK",
    ".hdf5": HDF5,
    ".npz": b"PK",
    ".h5": HDF5,
}
ALIASES = {".hdf5": ".h5"}
KINDS = {HDF5: "an HDF5 file", b"PK": "a zip archive"}


def checked_format(function: str, path: str | os.PathLike[str], formats: tuple[str, ...]) -> str:
    """Return the suffix that names the format of a path."""
    if isinstance(path, bytes):
        raise TypeError(f"{function}: filepath={path!r}; must be a string or a Path")
    name = checked_path(function, "filepath", path)
    suffix = next((suffix for suffix in FORMATS if name.endswith(suffix)), "")
    suffix = ALIASES.get(suffix, suffix)
    if suffix not in formats:
        hint = ""
        if suffix == ".weights.h5":
            hint = "; .weights.h5 holds weights alone: save_weights, load_weights"
        if name.endswith((".pt", ".pth")):
            hint = "; save PyTorch's weights in an environment that has it, as one of these"
        raise ValueError(f"{function}: filepath={name!r}; must end in {' or '.join(formats)}{hint}")
    return suffix


@contextmanager
def opened(function: str, path: str | os.PathLike[str], suffix: str) -> Iterator[BinaryIO]:
    """Open a regular file whose first bytes fit the suffix; a ValueError names file and reason."""
    name = os.fspath(path)
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not make it wait
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{function}: {name}: not a regular file")
    with open(descriptor, "rb") as file:
        try:
            _check_start(file, suffix)
            yield file
        except ValueError as error:
            raise ValueError(f"{function}: {name}: {error}") from None


def _check_start(file: BinaryIO, suffix: str) -> None:
    start = file.read(len(HDF5))
    file.seek(0)
    if suffix == ".npz":  # its reader says what else it may be
        return
    if not start:
        raise ValueError("the file is empty")
    expected = FORMATS[suffix]
    if not start.startswith(expected):
        found = [kind for begin, kind in KINDS.items() if start.startswith(begin)]
        raise ValueError(
            f"{''.join(f'{kind}, ' for kind in found)}not {KINDS[expected]}, as {suffix} is"
        )

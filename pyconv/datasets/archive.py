# SPDX-License-Identifier: BSD-3-Clause
"""Zip files of arrays that others made: opened without trust, errors naming the file."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from pyconv.data.regular_file import open_regular
from pyconv.datasets.idx import MOST_RATIO

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError)


@contextmanager
def opened_archive(path: str | os.PathLike[str]) -> Iterator[zipfile.ZipFile]:
    """Open a .npz file to read; whatever the block finds wrong becomes a ValueError.

    Raises:
        ValueError: naming the path. OSError: the file cannot be opened.
    """
    name = os.fspath(path)
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except _DAMAGE as error:
        raise ValueError(f"{name}: damaged .npz file: {error}") from None
    except ValueError as error:
        raise ValueError(f"{name}: {str(error).removeprefix(f'{name}: ')}") from None


def checked_member(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return what the archive says of an array, unless it unpacks to far more than it is."""
    info = archive.getinfo(f"{name}.npy")
    if info.file_size > MOST_RATIO * max(info.compress_size, 1):
        raise ValueError(f"{name} unpacks to more than {MOST_RATIO} times its size")
    return info

# SPDX-License-Identifier: BSD-3-Clause
"""A .npz archive with a checksum over the whole file, read without trusting anything it says.

Members are stored uncompressed; the zip's comment is the checksum that ends the file.
"""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy as np

from pyconv.backend import to_host
from pyconv.saving.checksum import PLACE, is_sealed, seal

Arrays = dict[str, np.ndarray[Any, Any]]
MEMBERS = 100_000
ZIP_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ValueError, LookupError, OverflowError),
    *(OSError, EOFError, NotImplementedError, RuntimeError),
)
HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([|<](?:f4|f8|i8|u1))', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,18}(?:, |,)?)*)\), \} *\n",
    re.DOTALL,
)
HEADER_BYTES = 4096


def write_archive(file: BinaryIO, arrays: Arrays) -> None:
    """Write arrays as the members of a .npz file, and the checksum."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(
                    member,
                    np.ascontiguousarray(to_host(array)).reshape(array.shape),
                    (1, 0),
                    allow_pickle=False,
                )
        archive.comment = PLACE
    seal(file)


class ArchiveReader:
    """The members of an archive whose checksum fits; arrays are read one by one, size first."""

    def __init__(self, file: BinaryIO) -> None:
        self._check_whole(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except ZIP_ERRORS as error:
            raise ValueError(f"not a readable .npz archive: {error}") from None
        self.members: dict[str, zipfile.ZipInfo] = {}
        infos = self._zip.infolist()
        if len(infos) > MEMBERS:
            raise ValueError(f"{len(infos)} members; at most {MEMBERS}")
        for info in infos:
            plain = (
                info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size
            )
            if not plain or info.flag_bits & 0x1 or not info.filename.endswith(".npy"):
                raise ValueError(f"member {info.filename!r} is not a plain .npy array")
            name = info.filename[: -len(".npy")]
            if name in self.members:
                raise ValueError(f"member {info.filename!r} stands there twice")
            self.members[name] = info

    def _check_whole(self, file: BinaryIO) -> None:
        self.size = os.fstat(file.fileno()).st_size
        if not self.size:
            raise ValueError("the file is empty")
        _refuse_other_formats(file.read(8))
        if not is_sealed(file):
            raise ValueError(
                "cut short, or not written by pyconv's save: it does not end in a checksum"
            )

    def shape_and_dtype(self, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Return what the member's header says, after checking it against the member's size."""
        return self._header(name)[:2]

    def _header(self, name: str) -> tuple[tuple[int, ...], np.dtype[Any], int]:
        info = self.members.get(name)
        if info is None:
            raise ValueError(f"member {name!r} is missing")
        try:
            with self._zip.open(info) as member:
                start = member.read(HEADER_BYTES)
        except ZIP_ERRORS as error:
            raise ValueError(f"member {name!r}: {error}") from None
        found = HEADER.match(start)
        if found is None or int.from_bytes(found[1], "little") != found.end() - 10:
            raise ValueError(f"member {name!r}: not an array of numbers that pyconv wrote")
        shape = tuple(int(size) for size in re.findall(rb"\d+", found[3]))
        dtype = np.dtype(found[2].decode())
        if math.prod(shape) * dtype.itemsize != info.file_size - found.end():
            raise ValueError(f"member {name!r}: shape {shape} does not fit its size")
        return shape, dtype, found.end()

    def read(self, name: str, limit: int) -> np.ndarray[Any, Any]:
        """Return a member as a read-only array of at most `limit` bytes."""
        shape, dtype, start = self._header(name)
        info = self.members[name]
        if info.file_size - start > limit:
            raise ValueError(f"member {name!r} has {info.file_size} bytes; at most {limit}")
        try:
            with self._zip.open(info) as member:
                data = member.read()
        except ZIP_ERRORS as error:
            raise ValueError(f"member {name!r}: {error}") from None
        if len(data) != info.file_size:
            raise ValueError(f"member {name!r} is cut short")
        return np.frombuffer(data, dtype, offset=start).reshape(shape)


def _refuse_other_formats(start: bytes) -> None:
    if start.startswith(b"\x89HDF\r\n\x1a\n"):
        raise ValueError("an HDF5 file, not a .npz archive")
    if not start.startswith(b"PK"):
        raise ValueError("not a .npz archive")

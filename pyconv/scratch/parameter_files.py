# SPDX-License-Identifier: BSD-3-Clause
"""Files of parameters: npz data is written, npz and the book's pickles are read, by content."""

from __future__ import annotations

import math
import os
import re
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pyconv.backend import Array, array_module
from pyconv.saving.archive import ZIP_ERRORS, write_archive
from pyconv.saving.atomic import atomic_write
from pyconv.saving.checksum import is_sealed
from pyconv.saving.opening import opened
from pyconv.scratch.array_pickle import read_array_pickle

PathLike = str | os.PathLike[str]

_ZIP, _PICKLE = b"PK", b"\x80"
_ZIP_END = 22  # bytes of the record that ends a zip file without a comment
_HEADER_BYTES = 4096
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(..)\{'descr': '([<>|](?:f[248]|[iu][1248]|b1))', "
    rb"'fortran_order': (True|False), "
    rb"'shape': \(((?:\d{1,18}(?:, |,)?)*)\), \} *\n",
    re.DOTALL,
)


class _Header(NamedTuple):
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    fortran: bool
    start: int  # of the numbers, bytes


_NOT_READ = _Header((), np.dtype(np.float64), False, 0)


def write_parameters(function: str, path: PathLike, params: Mapping[str, Array]) -> None:
    """Write arrays as npz data under any name; the old file is replaced once it is complete.

    Raises:
        TypeError: no path. OSError: naming the file.
    """
    arrays = {
        name: value if isinstance(value, np.ndarray) else array_module(value).asnumpy(value)
        for name, value in params.items()
    }
    with atomic_write(_checked_path(function, path)) as file:
        write_archive(file, arrays)


def read_parameters(
    function: str, path: PathLike, expected: Mapping[str, Array]
) -> dict[str, Array]:
    """Return arrays in the shapes of those expected, under their names.

    Args:
        path: npz data or a pickle of a dictionary of arrays, whatever its suffix; a relative one is
            looked for in the current folder, then in that of the running script.
    Raises:
        ValueError: naming the file: damaged, foreign, more than arrays, or every name and shape
        that differs. OSError: it cannot be read.
    """
    found = _found(_checked_path(function, path))
    with opened(function, found, ".npz") as file:  # .npz: the content is judged here
        start = file.read(2)
        file.seek(0)
        if start.startswith(_ZIP):
            return _read_npz(file, expected)
        if not start:
            raise ValueError("the file is empty")
        if not start.startswith(_PICKLE):
            raise ValueError("neither npz data nor a pickle of protocol 3 to 5")
        arrays = read_array_pickle(file)
        shapes = {name: (array.shape, array.dtype) for name, array in arrays.items()}
        _check_names(shapes, expected)
        return arrays


def _checked_path(function: str, path: PathLike) -> str:
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"{function}: file_name={name!r}; must be a string or a Path")
    return name


def _found(name: str) -> str:
    """Return a path as it is, or in the script's folder if it is there alone."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if os.path.isabs(name) or os.path.exists(name) or script is None:
        return name
    beside = Path(script).resolve().parent / name
    return str(beside) if beside.exists() else name


def _check_names(
    shapes: Mapping[str, tuple[tuple[int, ...], np.dtype[np.generic]]],
    expected: Mapping[str, Array],
) -> None:
    """Refuse names, shapes and kinds that differ, all in one text."""
    wrong = [f"{name} is missing" for name in sorted(set(expected) - set(shapes))]
    wrong += [f"{name!r:.40} is not expected" for name in sorted(set(shapes) - set(expected))]
    for name in sorted(set(shapes) & set(expected)):
        shape, dtype = shapes[name]
        if shape != expected[name].shape:
            wrong.append(f"{name} has shape {shape}, expected {expected[name].shape}")
        elif dtype.kind not in "fiu" or dtype.itemsize > 8:
            wrong.append(f"{name} has dtype {dtype}, expected floats")
    if wrong:
        raise ValueError(f"parameters differ from the network's: {'; '.join(wrong)}")


def _read_npz(file: BinaryIO, expected: Mapping[str, Array]) -> dict[str, Array]:
    """Read npz data of any writer; an array is read once its header fits."""
    _check_end(file)
    try:
        archive = zipfile.ZipFile(file)
        infos = archive.infolist()
    except ZIP_ERRORS as error:
        raise ValueError(f"damaged npz data: {error}") from None
    members = {info.filename.removesuffix(".npy"): info for info in infos}
    if len(members) != len(infos):
        raise ValueError("npz data that holds a name twice")
    headers = {
        name: _header(archive, info) if name in expected else _NOT_READ
        for name, info in members.items()
    }
    _check_names({name: (h.shape, h.dtype) for name, h in headers.items()}, expected)
    return {name: _member(archive, members[name], headers[name]) for name in expected}


def _check_end(file: BinaryIO) -> None:
    """Demand pyconv's checksum, or the plain end of a zip file, as NumPy writes it."""
    if is_sealed(file):
        return
    file.seek(-min(_ZIP_END, file.seek(0, os.SEEK_END)), os.SEEK_END)
    end = file.read()
    file.seek(0)
    if not (end.startswith(b"PK\x05\x06") and end.endswith(b"\0\0")):
        raise ValueError("damaged npz data, or cut short")


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Header:
    """Return what the start of a member says."""
    try:
        with archive.open(info) as member:
            start = member.read(_HEADER_BYTES)
    except ZIP_ERRORS as error:
        raise ValueError(f"member {info.filename!r}: {error}") from None
    found = _HEADER.match(start)
    if found is None or int.from_bytes(found[1], "little") != found.end() - 10:
        raise ValueError(f"member {info.filename!r}: no array of numbers")
    shape = tuple(int(size) for size in re.findall(rb"\d+", found[4]))
    return _Header(shape, np.dtype(found[2].decode()), found[3] == b"True", found.end())


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, header: _Header) -> Array:
    """Return the array of a member whose shape is known to be the expected one."""
    wanted = header.start + math.prod(header.shape) * header.dtype.itemsize
    try:
        with archive.open(info) as member:
            content = member.read(wanted + 1)  # reading to the end also checks the member's sum
    except ZIP_ERRORS as error:
        raise ValueError(f"member {info.filename!r}: {error}") from None
    if len(content) != wanted:
        raise ValueError(f"member {info.filename!r}: its size does not fit {header.shape}")
    values = np.frombuffer(content, header.dtype, offset=header.start)
    values = values.reshape(header.shape, order="F" if header.fortran else "C")
    return values.astype(header.dtype.newbyteorder("="), order="C")

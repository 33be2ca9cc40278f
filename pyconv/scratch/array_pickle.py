# SPDX-License-Identifier: BSD-3-Clause
"""Reads pickles that hold NumPy arrays, and can make nothing else out of them.

What a pickle names is looked up in a table of stand-ins that only note their arguments; an array is
made of them afterwards, once kind, shape and size fit. Nothing is imported, no NumPy code runs on
what the file says, and memory stays in proportion to the file.
"""

from __future__ import annotations

import io
import math
import pickle
from typing import Any, BinaryIO

import numpy as np

from pyconv.backend import Array

MOST_BYTES = 1 << 30
_MOST_AXES = 32
_KINDS = frozenset(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)) | {
    *("f2", "f4", "f8", "b1"),
}


class _Refused(pickle.UnpicklingError):
    """The pickle wants something that is no array of numbers."""


class _DtypeNote:
    """numpy.dtype(kind, ...) and its state, noted."""

    def __init__(self, kind: object, *_: object) -> None:
        if kind not in _KINDS:
            raise _Refused(f"a dtype {kind!r:.40}")
        self.kind, self.order = str(kind), "|"

    def __setstate__(self, state: object) -> None:
        if not (isinstance(state, tuple) and len(state) >= 2 and state[1] in ("<", ">", "|", "=")):
            raise _Refused("a dtype's state")
        self.order = state[1]

    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.order + self.kind)


class _ArrayNote:
    """An array to be, filled by __setstate__ or from a buffer."""

    def __init__(self) -> None:
        self.array: Array | None = None

    def __setstate__(self, state: object) -> None:
        if not (isinstance(state, tuple) and len(state) == 5 and state[0] == 1):
            raise _Refused("an array's state")
        _, shape, dtype, is_fortran, content = state
        self.fill(content, dtype, shape, "F" if is_fortran else "C")

    def fill(self, content: object, dtype: object, shape: object, order: object) -> None:
        fits = (
            isinstance(dtype, _DtypeNote)
            and isinstance(content, (bytes, bytearray))
            and isinstance(shape, tuple)
            and len(shape) <= _MOST_AXES
            and all(type(size) is int and size >= 0 for size in shape)
            and order in ("C", "F")
        )
        if not fits:
            raise _Refused("an array's parts")
        assert isinstance(dtype, _DtypeNote)
        assert isinstance(content, (bytes, bytearray))
        assert isinstance(shape, tuple)
        kind = dtype.dtype()
        if math.prod(shape) * kind.itemsize != len(content):
            raise _Refused(f"{len(content)} bytes for an array {kind} {shape}")
        view = np.frombuffer(content, kind)  # no copy: many arrays may name the same bytes
        self.array = view.reshape(shape, order="F" if order == "F" else "C")


class _ArrayType:
    """numpy.ndarray: named by pickles, never called."""

    def __new__(cls, *_: object) -> _ArrayType:
        raise _Refused("a call of numpy.ndarray")


def _reconstruct(kind: object, *_: object) -> _ArrayNote:
    if kind is not _ArrayType:
        raise _Refused("an array of an unknown type")
    return _ArrayNote()


def _frombuffer(content: object, dtype: object, shape: object, order: object) -> _ArrayNote:
    note = _ArrayNote()
    note.fill(content, dtype, shape, order)
    return note


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _ArrayType,
    ("numpy", "dtype"): _DtypeNote,
} | {
    (f"numpy.{core}.{module}", name): stand_in
    for core in ("core", "_core")
    for module, name, stand_in in (
        ("multiarray", "_reconstruct", _reconstruct),
        ("numeric", "_frombuffer", _frombuffer),
    )
}


# Python's own reader, not C's: its memory grows with the file alone, whatever indices that names.
class _Reader(pickle._Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _STAND_INS:
            raise _Refused(f"{module}.{name}")
        return _STAND_INS[module, name]

    def persistent_load(self, pid: object) -> Any:
        raise _Refused("a persistent id")

    def get_extension(self, code: int) -> Any:
        raise _Refused(f"the extension {code}")


def read_array_pickle(file: BinaryIO) -> dict[str, Array]:
    """Return the dictionary of names and arrays that a pickle holds.

    Args:
        file: open at its start; protocols 3 to 5.
    Raises:
        ValueError: cut short, damaged, larger than 1 GiB, or anything but such a dictionary.
    """
    content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError(f"more than {MOST_BYTES} bytes")
    try:
        value = _Reader(io.BytesIO(content)).load()
    except _Refused as error:
        raise ValueError(f"the pickle holds {error}; only NumPy arrays are read") from None
    except Exception as error:  # a damaged pickle can end in any of them
        text = f"{type(error).__name__}: {error}"
        raise ValueError(f"a damaged pickle: {text[:120]}") from None
    if not isinstance(value, dict):
        raise ValueError(f"the pickle holds a {type(value).__name__}; must be a dict of arrays")
    arrays: dict[str, Array] = {}
    for name, note in value.items():
        if not isinstance(name, str) or not isinstance(note, _ArrayNote) or note.array is None:
            raise ValueError(f"the pickle's entry {name!r:.40} is no array under a name")
        arrays[name] = note.array
    if sum(array.nbytes for array in arrays.values()) > len(content):
        raise ValueError("the pickle's arrays share their numbers")
    return {name: _own(array) for name, array in arrays.items()}


def _own(array: Array) -> Array:
    """Return a writable copy in this machine's byte order."""
    copy: Array = array.astype(array.dtype.newbyteorder("="), order="C")
    return copy

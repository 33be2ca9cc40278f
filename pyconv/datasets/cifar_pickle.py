# SPDX-License-Identifier: BSD-3-Clause
"""The batches of CIFAR's Python version: pickles, read without running anything they name.

What a pickle names is looked up in a table of stand-ins that only note their arguments; the array
is made from its bytes afterwards, once its size fits.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from pyconv.datasets.idx import Bytes


class _Refused(pickle.UnpicklingError):
    """The pickle wants something that is no array of bytes."""


class _Array:
    """numpy.ndarray, noted: the bytes of its state."""

    content: bytes | None = None
    is_fortran: object = False

    def __setstate__(self, state: object) -> None:
        if not (isinstance(state, tuple) and len(state) == 5 and isinstance(state[4], bytes)):
            raise _Refused("an array's state")
        _, _, dtype, self.is_fortran, self.content = state
        if not isinstance(dtype, _Dtype):
            raise _Refused("an array's dtype")


class _Dtype:
    """numpy.dtype of one byte, noted."""

    def __init__(self, kind: object, *_: object) -> None:
        if kind not in ("u1", b"u1"):
            raise _Refused(f"a dtype {kind!r:.40}")

    def __setstate__(self, state: object) -> None:
        """Its state says nothing more: one byte has no order."""


def _array_type(*_: object) -> None:
    raise _Refused("a call of numpy.ndarray")


def _reconstruct(kind: object, *_: object) -> _Array:
    if kind is not _array_type:
        raise _Refused("an array of an unknown type")
    return _Array()


_STAND_INS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _array_type,
    ("numpy", "dtype"): _Dtype,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
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


def read_pickled_batch(content: bytes, sample_bytes: int) -> tuple[Bytes, Bytes]:
    """Return samples (n, sample_bytes) and labels (n,) of a batch, both uint8.

    Raises:
        ValueError: cut short, damaged, or anything but such a batch.
    """
    try:
        batch = _Reader(io.BytesIO(content), encoding="bytes").load()
    except _Refused as error:
        raise ValueError(f"the pickle holds {error}; a batch has an array of bytes") from None
    except Exception as error:  # a damaged pickle can end in any of them
        text = f"{type(error).__name__}: {error}"
        raise ValueError(f"a damaged pickle: {text[:120]}") from None
    if not isinstance(batch, dict):
        raise ValueError(f"the pickle holds a {type(batch).__name__}; must be a dict")
    data = batch.get(b"data", batch.get("data"))
    labels = batch.get(b"labels", batch.get("labels"))
    if not isinstance(data, _Array) or data.content is None or data.is_fortran:
        raise ValueError("the batch has no array of data, row by row")
    count, rest = divmod(len(data.content), sample_bytes)
    if rest or not isinstance(labels, list) or len(labels) != count:
        raise ValueError(f"the batch has {len(data.content)} bytes of data and other labels")
    if not all(type(label) is int and 0 <= label < 256 for label in labels):
        raise ValueError("the batch has labels that are no bytes")
    samples = np.frombuffer(bytearray(data.content), np.uint8).reshape(count, sample_bytes)
    return samples, np.array(labels, np.uint8)

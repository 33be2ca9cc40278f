# SPDX-License-Identifier: BSD-3-Clause
"""Memory of arrays: fresh, contiguous, overlapping, and tables of addresses."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from pyconv.backend.devices import array_module, device_of
from pyconv.backend.native import CODES, Array, _core, native_dtype

# Smaller outputs come from NumPy: its own cache of small blocks is quicker than the arena.
_ARENA_BYTES = 1 << 16
_NONE_BAD = 2**63 - 1
_LEAST_TRANSPOSED = 1 << 14  # elements
# By the number of axes: in which order they may lie, and from which of these on columns do.
_TRANSPOSES: dict[int, list[tuple[tuple[int, ...], int]]] = {
    2: [((1, 0), 1)],
    4: [((0, 2, 3, 1), 3), ((0, 3, 1, 2), 2)],
}


def contiguous(x: Array, dtype: Any = None) -> Array:
    """Return x itself, or a C-contiguous, aligned, native-endian copy of it.

    Raises:
        MemoryError: the copy of a broadcast view would exceed this machine's memory.
    """
    if dtype is None and type(x) is np.ndarray and x.flags.carray and x.dtype.isnative:
        return x
    wanted = native_dtype(x.dtype) if dtype is None else np.dtype(dtype)
    if isinstance(x, np.ndarray):
        flags = x.flags
        if flags.c_contiguous and flags.aligned and x.dtype == wanted:
            return x
        bytes_needed = x.size * wanted.itemsize
        if bytes_needed > _physical_memory():
            raise MemoryError(f"a contiguous copy of shape {x.shape} takes {bytes_needed} bytes")
        fresh = empty_on(x, x.shape, wanted)
        if not _transposed_into(x, fresh):
            fresh[...] = x
        return fresh
    on_device: Any = x
    with on_device.device:
        copy: Array = array_module(x).ascontiguousarray(x, wanted)
    return copy


def _transposed_into(x: Array, fresh: Array) -> bool:
    """Copy images of the other layout, or a transposed matrix, which a kernel is quicker at.

    Returns:
        False, and nothing is copied, where x is neither.
    """
    code = CODES.get(x.dtype)
    if code is None or fresh.dtype != x.dtype or x.size < _LEAST_TRANSPOSED:
        return False
    for axes, columns_from in _TRANSPOSES.get(x.ndim, ()):
        lying = x.transpose(axes)  # (n, rows, columns), either of them as one axis or two
        if lying.flags.c_contiguous and lying.flags.aligned:
            n = x.shape[0] if x.ndim > 2 else 1
            columns = math.prod(lying.shape[columns_from:])
            addresses = _core.address(x), _core.address(fresh)
            _core.transpose_images(code, *addresses, n, x.size // (n * columns), columns)
            return True
    return False


def _physical_memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def empty_on(like: Array, shape: Sequence[int], dtype: Any = None) -> Array:
    """Return an array with undefined contents where `like` lies, of its dtype unless given."""
    kind = like.dtype if dtype is None else np.dtype(dtype)
    if not kind.isnative:
        kind = native_dtype(kind)
    if type(like) is not np.ndarray and not isinstance(like, np.ndarray):
        return _empty_on_device(like, shape, kind)
    size = math.prod(shape) * kind.itemsize
    if size < _ARENA_BYTES:
        return np.empty(shape, kind)
    try:
        return _core.empty(tuple(shape), kind)
    except MemoryError:
        raise MemoryError(f"an array of shape {tuple(shape)} takes {size} bytes") from None


def _empty_on_device(like: Any, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    try:
        with like.device:
            fresh: Array = array_module(like).empty(shape, dtype)
    except MemoryError:
        size = dtype.itemsize * math.prod(shape)
        raise MemoryError(
            f"an array of shape {tuple(shape)} takes {size} bytes on {device_of(like)}"
        ) from None
    return fresh


def first_bad_flag(like: Array) -> Array:
    """Return the one-element array in which a check reports the first bad position."""
    if isinstance(like, np.ndarray):
        return np.array([_NONE_BAD], np.int64)
    on_device: Any = like
    with on_device.device:
        flag: Array = array_module(like).full(1, _NONE_BAD, np.int64)
    return flag


def first_bad(flag: Array) -> int | None:
    """Read such a flag: the position, or None where all was well."""
    position = int(flag[0])
    return None if position == _NONE_BAD else position


def tensor_table(
    columns: Sequence[Sequence[Array]], width: int, read: int
) -> tuple[bytes, tuple[int, int] | None]:
    """Pack rows of equally long arrays as int64 records: `width` addresses, then the size.

    Args:
        columns: the first array of each row, the second, and so on; at most `width` of them.
        read: which column is only read: its arrays may share memory with each other.
    Returns:
        The table, and the places (row * width + column) of two others that share memory, if any.
    """
    address = _core.address if isinstance(columns[0][0], np.ndarray) else _device_address
    rows = list(zip(*[map(address, column) for column in columns], strict=True))
    padding = (0,) * (width - len(columns))
    fields = [(*row, *padding, array.size) for row, array in zip(rows, columns[0], strict=True)]
    table = struct.pack(f"={len(rows) * (width + 1)}q", *chain.from_iterable(fields))
    spans = [
        (start, place, start + array.nbytes)
        for number, (row, array) in enumerate(zip(rows, columns[0], strict=True))
        if array.size
        for place, start in enumerate(row, number * width)
    ]
    spans.sort()
    if all(one[2] <= other[0] for one, other in pairwise(spans)):
        return table, None
    return table, _overlap(spans, width, read)


def _overlap(
    spans: Sequence[tuple[int, int, int]], width: int, read: int
) -> tuple[int, int] | None:
    """Return the places of two spans (start, place, end) that overlap, one of them written."""
    furthest = furthest_written = (0, -1)  # end and place among those before
    for start, place, end in spans:
        written = place % width != read
        reached, other = furthest if written else furthest_written
        if start < reached:
            return min(place, other), max(place, other)
        furthest = max(furthest, (end, place))
        if written:
            furthest_written = max(furthest_written, (end, place))
    return None


def _device_address(x: Any) -> int:
    address: int = x.data.ptr
    return address


def memory_overlaps(a: Array, b: Array) -> bool:
    """Tell whether two arrays of one device share memory."""
    return bool(array_module(a).shares_memory(a, b))


trim_memory = _core.trim_memory
memory_info = _core.memory_info

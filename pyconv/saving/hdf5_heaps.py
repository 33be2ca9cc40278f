# SPDX-License-Identifier: BSD-3-Clause
"""The heaps in which HDF5 keeps texts, checked before the library walks them.

A heap whose objects do not fill it exactly sends HDF5 2.0 round and round for ever; and a thousand
texts may be one object of megabytes a thousand times.
Source: HDF5 file format specification, III.E, "Global Heap".
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

MARK = b"GCOL\x01\x00\x00\x00"
CHUNK = 1 << 22
HEADER = 16  # of a heap and of each object in it
SMALLEST = 4096  # of a heap
OBJECTS = 200_000  # of a file


def largest_object(file: BinaryIO) -> int:
    """Return the bytes of the largest object of all heaps; a heap that is damaged: ValueError."""
    end = file.seek(0, os.SEEK_END)
    largest, left = 0, OBJECTS
    for place in _places(file):
        found, count = _walk(file, place, end, left)
        largest, left = max(largest, found), left - count
    file.seek(0)
    return largest


def _places(file: BinaryIO) -> list[int]:
    found, start, tail = [], 0, b""
    file.seek(0)
    while chunk := file.read(CHUNK):
        data = tail + chunk
        at = data.find(MARK)
        while at >= 0:
            found.append(start - len(tail) + at)
            if len(found) > OBJECTS:
                raise ValueError(f"more than {OBJECTS} heaps of texts")
            at = data.find(MARK, at + 1)
        start += len(chunk)
        tail = data[-(len(MARK) - 1) :]
    return found


def _walk(file: BinaryIO, place: int, end: int, left: int) -> tuple[int, int]:
    """Return the largest object of a heap and how many it has."""
    file.seek(place + len(MARK))
    (size,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
    if not SMALLEST <= size <= end - place:
        raise ValueError("damaged: a heap of texts does not fit the file")
    at, largest, count = HEADER, 0, 0
    while size - at >= HEADER:
        file.seek(place + at)
        index, needed = struct.unpack("<H6xQ", file.read(HEADER))
        if index:
            largest = max(largest, needed)
            needed = HEADER + needed + -needed % 8
        if not HEADER <= needed <= size - at:
            raise ValueError("damaged: a text does not fit its heap")
        at, count = at + needed, count + 1
        if count > left:
            raise ValueError(f"more than {OBJECTS} texts")
    return largest, count

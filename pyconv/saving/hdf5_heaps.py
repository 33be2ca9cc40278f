# SPDX-License-Identifier: BSD-3-Clause
"""The heaps in which HDF5 keeps texts, and the attributes' references into them, checked first.

A heap whose objects do not fill it sends HDF5 2.0 round and round for ever; it makes room for the
length that a reference states, up to 4 GiB, before it looks at the text; and a thousand references
may be to one text of megabytes.
Source: HDF5 file format specification, III.E "Global Heap", IV.A.2.m "Attribute Message".
"""

from __future__ import annotations

import math
import os
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

MARK = b"GCOL\x01\x00\x00\x00"
NAMES = re.compile(
    rb"(?:model_config|training_config|keras_version|backend|(?:layer|weight)_names\d*"
    rb"|pyconv_version|pyconv_random)\x00"
)
CHUNK = 1 << 22
HEADER = 16  # of a heap and of each object in it
SMALLEST = 4096  # of a heap
OBJECTS = 200_000  # of a file
BEFORE = 9  # bytes of an attribute before its name
VARIABLE_LENGTH = 9  # class of datatype
REFERENCE = struct.Struct("<IQI")  # length, heap, number in it
REACH = 66_000  # of an attribute from its name: its limit and its types
Heap = dict[int, int]


def largest_text(file: BinaryIO) -> int:
    """Return the bytes of the largest text of all heaps.

    Raises:
        ValueError: a heap, or the length that an attribute states for a text, is damaged.
    """
    heaps: dict[int, Heap] = {}
    left = OBJECTS
    end = file.seek(0, os.SEEK_END)
    for place, _ in _found(file, re.compile(re.escape(MARK)), 0):
        heaps[place] = _heap(file, place, end, left)
        left -= len(heaps[place]) + 1
    for _, data in _found(file, NAMES, REACH):
        _check_references(data, heaps)
    file.seek(0)
    return max((size for heap in heaps.values() for size in heap.values()), default=0)


def _found(file: BinaryIO, pattern: re.Pattern[bytes], reach: int) -> Iterator[tuple[int, bytes]]:
    """Yield where the pattern stands, and the bytes from BEFORE it on, `reach` and some more."""
    overlap = reach + 64  # longer than any mark or name
    start, data, seen = 0, b"", -1
    while True:
        file.seek(start + len(data))
        chunk = file.read(CHUNK)
        data += chunk
        for match in pattern.finditer(data):
            place = match.start()
            if start + place > seen and (not chunk or place < len(data) - overlap):
                seen = start + place
                before = data[max(place - BEFORE, 0) : place].rjust(BEFORE, b"\0")
                yield seen, before + data[place : place + reach]
        if not chunk:
            return
        cut = max(len(data) - overlap - BEFORE, 0)
        start, data = start + cut, data[cut:]


def _heap(file: BinaryIO, place: int, end: int, left: int) -> Heap:
    """Return the size of each object of a heap by its number."""
    file.seek(place + len(MARK))
    (size,) = struct.unpack("<Q", file.read(8).ljust(8, b"\0"))
    if not SMALLEST <= size <= end - place:
        raise ValueError("damaged: a heap of texts does not fit the file")
    at, found = HEADER, {}
    while size - at >= HEADER:
        file.seek(place + at)
        number, needed = struct.unpack("<H6xQ", file.read(HEADER))
        if number:
            found[number] = needed
            needed = HEADER + needed + -needed % 8
        if not HEADER <= needed <= size - at:
            raise ValueError("damaged: a text does not fit its heap")
        at += needed
        if len(found) >= left:
            raise ValueError(f"more than {OBJECTS} texts")
    return found


def _check_references(data: bytes, heaps: dict[int, Heap]) -> None:
    """Compare every reference of an attribute, if it has some, with the text it is to.

    Args:
        data: the file from BEFORE the attribute's name on.
    """
    name_size = data.index(b"\0", BEFORE) + 1 - BEFORE
    for version, back in ((1, 8), (2, 8), (3, 9)):
        begin = BEFORE - back
        found, flags, *sizes = struct.unpack_from("<BBHHH", data, begin)
        if found != version or sizes[0] != name_size:
            continue
        if flags and version > 1:
            raise ValueError("an attribute's type stands elsewhere; must stand with it")
        if version == 1:
            sizes = [size + -size % 8 for size in sizes]
        kind = BEFORE + sizes[0]
        space = kind + sizes[1]
        if space + sizes[2] > len(data) or data[kind] & 0xF != VARIABLE_LENGTH:
            continue
        count = _count(data, space)
        end = space + sizes[2] + REFERENCE.size * count
        if end > len(data):
            raise ValueError("damaged: an attribute is larger than attributes are")
        for length, address, number in REFERENCE.iter_unpack(data[space + sizes[2] : end]):
            if length and heaps.get(address, {}).get(number) != length:
                raise ValueError("damaged: a text is not as long as its attribute says")


def _count(data: bytes, space: int) -> int:
    """Return the number of elements of a dataspace message."""
    version, rank = data[space], data[space + 1]
    dimensions = space + (8 if version == 1 else 4)
    if dimensions + 8 * rank > len(data):
        return 0
    return math.prod(struct.unpack_from(f"<{rank}Q", data, dimensions))

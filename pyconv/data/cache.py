# SPDX-License-Identifier: BSD-3-Clause
"""Elements kept after the first whole pass, in memory or in a file.

The file holds arrays as .npy files do, one after the other, between lines of JSON that tell the
form of each element; nothing in it is run. It is written beside its place and moved there whole.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from pyconv.data.background import closed_after, go_on
from pyconv.data.elements import Element, filled, leaf_array, leaves, mapped
from pyconv.data.node import Below, Node, Seeds
from pyconv.data.regular_file import open_regular
from pyconv.saving.atomic import atomic_write

_FIRST_LINE = b"pyconv dataset cache 1\n"
_END = b"end\n"
_LONGEST_LINE = 1 << 20


class MemoryCache(Below):
    """The elements of the first whole pass; parts of passes are not kept."""

    def __init__(self, below: Node) -> None:
        super().__init__(below)
        self._kept: list[Element] | None = None
        self._lock = threading.Lock()

    def start(self, seeds: Seeds) -> Iterator[Element]:
        if self._kept is not None:
            return iter(self._kept)
        return self._keep(self.below.start(seeds))

    def _keep(self, elements: Iterator[Element]) -> Iterator[Element]:
        kept = []
        with closed_after(elements):
            for element in elements:
                kept.append(element)
                yield element
        with self._lock:
            self._kept = self._kept or kept


class FileCache(Below):
    """The elements of a file, which the first whole pass writes."""

    def __init__(self, below: Node, path: str) -> None:
        super().__init__(below)
        self.path = path

    def start(self, seeds: Seeds) -> Iterator[Element]:
        if os.path.exists(self.path):
            return self._read()
        return self._write(self.below.start(seeds))

    def _read(self) -> Iterator[Element]:
        number = 0
        with closed_after(elements := read_elements(self.path)):
            for element in elements:
                number += 1
                if 0 <= self.count < number:
                    break
                yield element
        if 0 <= self.count != number:
            more = "more" if number > self.count else f"{number}"
            raise ValueError(
                f"Dataset.cache: {self.path}: holds {more} elements, the dataset {self.count}; it "
                "was written for another; remove it, or name another file"
            )

    def _write(self, elements: Iterator[Element]) -> Iterator[Element]:
        try:
            with closed_after(elements), atomic_write(self.path) as file:
                file.write(_FIRST_LINE)
                for element in _marking_errors(elements):
                    _write_element(file, element)
                    yield element
                file.write(_END)
        except _FromBelow as below:
            raise below.error from None


class _FromBelow(Exception):
    """Carries an error past atomic_write, which would give the file's name to it."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _marking_errors(elements: Iterator[Element]) -> Iterator[Element]:
    while True:
        try:
            element = next(elements)
        except StopIteration:
            return
        except Exception as error:
            raise _FromBelow(error) from None
        yield element


def _write_element(file: BinaryIO, element: Element) -> None:
    form = mapped(lambda _: None, element)
    file.write(json.dumps(_plain(form), separators=(",", ":")).encode() + b"\n")
    for leaf in leaves(element):
        array = leaf_array("Dataset.cache", leaf)
        if array.dtype.hasobject:
            raise TypeError(f"Dataset.cache: a part of an element has dtype {array.dtype}")
        np.lib.format.write_array(file, array, allow_pickle=False)


def _plain(form: Any) -> Any:
    """Return the form of an element as JSON knows it: tuples as lists."""
    if isinstance(form, tuple):
        return [_plain(part) for part in form]
    if not isinstance(form, dict):
        return None
    bad = [key for key in form if not isinstance(key, str)]
    if bad:
        raise TypeError(f"Dataset.cache: a part of an element is named {bad[0]!r}; must be a str")
    return {key: _plain(part) for key, part in form.items()}


def _form(plain: Any) -> Element:
    if isinstance(plain, list):
        return tuple(_form(part) for part in plain)
    if isinstance(plain, dict):
        return {key: _form(part) for key, part in plain.items()}
    if plain is not None:
        raise ValueError(f"{plain!r} is no form of an element")
    return None


def read_elements(path: str) -> Iterator[Element]:
    """Yield the elements of a file that FileCache wrote.

    Raises:
        ValueError: naming the path, when the file is another, damaged or cut short.
    """
    try:
        with open_regular(path) as file:
            yield from _elements_in(file)
    except (ValueError, EOFError, RecursionError) as error:
        text = str(error).removeprefix(f"{path}: ")
        raise ValueError(f"Dataset.cache: {path}: {text}") from None


def _elements_in(file: BinaryIO) -> Iterator[Element]:
    size = os.fstat(file.fileno()).st_size
    if file.readline(len(_FIRST_LINE)) != _FIRST_LINE:
        raise ValueError("not a cache of a dataset; remove it, or name another file")
    while (line := file.readline(_LONGEST_LINE)) != _END:
        if not line.endswith(b"\n"):
            raise ValueError("cut short; remove it")
        go_on()
        form = _form(json.loads(line))
        count = len(leaves(form))
        yield filled(form, [_read_array(file, size) for _ in range(count)])
    if file.read(1):
        raise ValueError("something stands behind its end; remove it")


def _read_array(file: BinaryIO, size: int) -> Any:
    """Read one array, unless its header asks for more than the file still holds."""
    start = file.tell()
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array of another version")
    try:
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # of the parser of Python literals inside
        raise ValueError(f"a damaged header: {error}; remove it") from None
    if dtype.kind not in "fiubUS" or not dtype.itemsize or any(s < 0 for s in shape):
        raise ValueError(f"an array {shape} of {dtype}; remove it")
    if math.prod(int(s) for s in shape) * dtype.itemsize > size - file.tell():
        raise ValueError("an array larger than the file; remove it")
    file.seek(start)
    return np.lib.format.read_array(file, allow_pickle=False)

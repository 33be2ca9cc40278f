# SPDX-License-Identifier: BSD-3-Clause
"""HDF5 trees: written in memory, and read without following or believing anything in them.

Only hard links are followed, only plain numbers stored in the file itself are read, and a shape is
compared with what is expected before anything of its size is made.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from pyconv.saving.checksum import PLACE, is_sealed, seal
from pyconv.saving.hdf5_heaps import largest_text

Shape = tuple[int, ...]
DEPTH = 64  # of a path
MEMBERS = 100_000  # of a group
NAMES = 8192  # in one attribute
ATTRIBUTE_BYTES = 1 << 22
TEXT_BYTES = 1 << 30  # that the texts of one attribute may have, counted from above
CHUNK_BYTES = 64_000  # an attribute's limit is 64 KiB
WRITTEN_BY = "pyconv_version"
DAMAGE = (
    *(OSError, EOFError, RuntimeError, ValueError, TypeError, AttributeError, LookupError),
    *(OverflowError, MemoryError, NotImplementedError, SystemError),
)


def h5py_for(what: str) -> Any:
    """Return h5py, or say what needs it."""
    try:
        import h5py
    except ImportError:
        raise ImportError(f"{what} needs h5py; pip install h5py") from None
    return h5py


def hdf5_bytes(what: str, version: str, fill: Callable[[Any], None]) -> bytes:
    """Return a file that `fill` puts groups and arrays into, ended by a checksum.

    It is made in memory, so that a full disk is met by plain writing alone.
    """
    h5py = h5py_for(what)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs[WRITTEN_BY] = version
        fill(file)
    buffer.seek(0, io.SEEK_END)
    buffer.write(PLACE)
    seal(buffer)
    return buffer.getvalue()


def write_names(group: Any, attribute: str, names: list[str]) -> None:
    """Write names as an attribute, or as attribute0, attribute1... where they are too long."""
    encoded = np.array([name.encode() for name in names], dtype=bytes)
    parts = max(1, math.ceil(encoded.nbytes / CHUNK_BYTES))
    if parts == 1:
        group.attrs[attribute] = encoded
        return
    size = max(1, CHUNK_BYTES // encoded.itemsize)
    for number, start in enumerate(range(0, len(encoded), size)):
        group.attrs[f"{attribute}{number}"] = encoded[start : start + size]


@contextmanager
def open_hdf5(what: str, file: BinaryIO) -> Iterator[Group]:
    """Open a file as a tree; whatever is wrong with it, also while it is used: ValueError."""
    h5py = h5py_for(what)
    sealed, longest = is_sealed(file), largest_text(file)
    with _damage("not a readable HDF5 file"):
        tree = h5py.File(file, "r")
    try:
        root = Group(h5py, tree, "", longest)
        if not sealed and root.text(WRITTEN_BY) is not None:
            raise ValueError("cut short or changed: it does not end in its checksum")
        yield root
    finally:
        with _damage("not a readable HDF5 file"):
            tree.close()


@contextmanager
def _damage(what: str) -> Iterator[None]:
    try:
        yield
    except _Refusal:
        raise
    except DAMAGE as error:
        text = str(error).splitlines()
        raise ValueError(f"{what}: {text[0] if text else type(error).__name__}") from None


class _Refusal(ValueError):
    """A reason that is said as it is."""


class Dataset:
    """An array in the file, of which shape and dtype are known and checked against its bytes."""

    def __init__(self, h5py: Any, dataset: Any, path: str) -> None:
        self._dataset, self.path = dataset, path
        plan, kind = dataset.id.get_create_plist(), dataset.id.get_type()
        external = plan.get_layout() == h5py.h5d.VIRTUAL or plan.get_external_count()
        if external:
            raise _Refusal(f"{path}: its numbers lie in other files")
        if plan.get_nfilters():
            raise _Refusal(f"{path}: compressed or filtered; must be plain")
        numbers = kind.get_class() in (h5py.h5t.FLOAT, h5py.h5t.INTEGER)
        if not numbers or kind.get_size() not in (1, 2, 4, 8):
            raise _Refusal(f"{path}: holds no plain numbers")
        self.shape: Shape = tuple(int(n) for n in dataset.shape)
        self.dtype = np.dtype(dataset.dtype)
        needed = math.prod(self.shape) * kind.get_size()
        if dataset.id.get_storage_size() < needed:
            raise _Refusal(f"{path}: shape {self.shape} does not fit its size")

    def read(self) -> np.ndarray[Any, Any]:
        """Return the numbers; the caller has compared the shape with what it expects."""
        with _damage(self.path):
            return np.asarray(self._dataset[()])


class Group:
    """A group of the tree, met by hard links alone."""

    def __init__(self, h5py: Any, group: Any, path: str, longest: int) -> None:
        self._h5py, self._group, self.path, self._longest = h5py, group, path, longest

    def names(self) -> list[str]:
        """Return the members' names; numbers in their order, not 10 before 2."""
        with _damage(self.path or "/"):
            if self._group.id.get_num_objs() > MEMBERS:
                raise _Refusal(f"{self.path or '/'} has more than {MEMBERS} members")
            found = [str(name) for name in self._group]
        return sorted(found, key=lambda name: (len(name), name) if name.isdecimal() else (0, name))

    def has(self, path: str) -> bool:
        return self._find(path) is not None

    def group(self, path: str) -> Group | None:
        """Return the group at a path below, None where nothing is."""
        found = self._find(path)
        if found is None or isinstance(found, Group):
            return found
        raise ValueError(f"{found.path} is no group")

    def dataset(self, path: str) -> Dataset | None:
        """Return the array at a path below, None where nothing is."""
        found = self._find(path)
        if found is None or isinstance(found, Dataset):
            return found
        raise ValueError(f"{found.path} is no array")

    def _find(self, path: str) -> Group | Dataset | None:
        parts = path.split("/")
        if len(parts) > DEPTH or any(part in ("", ".", "..") or "\0" in part for part in parts):
            raise ValueError(f"{path[:200]!r} is no path of a weight")
        found: Group | Dataset | None = self
        for part in parts:
            if not isinstance(found, Group):
                return None
            with _damage(f"{found.path}/{part}"):
                found = found._child(part)
        return found

    def _child(self, name: str) -> Group | Dataset | None:
        path, links, key = f"{self.path}/{name}".lstrip("/"), self._group.id.links, name.encode()
        if not links.exists(key):
            return None
        if links.get_info(key).type != self._h5py.h5l.TYPE_HARD:
            raise _Refusal(f"{path} is a link to elsewhere")
        child = self._group[name]
        if isinstance(child, self._h5py.Group):
            return Group(self._h5py, child, path, self._longest)
        if isinstance(child, self._h5py.Dataset):
            return Dataset(self._h5py, child, path)
        raise _Refusal(f"{path} is neither a group nor an array")

    def text(self, attribute: str) -> str | None:
        """Return a text attribute, None where there is none."""
        found = self._attribute(attribute, 1)
        return None if found is None else found[0] if found else ""

    def names_in(self, attribute: str) -> list[str] | None:
        """Return the names in an attribute, or in attribute0, attribute1...; None: there are none.

        Those of Keras are split where they are longer than an attribute may be.
        """
        found = self._attribute(attribute, NAMES)
        if found is not None:
            return found
        joined: list[str] = []
        for number in range(NAMES):
            part = self._attribute(f"{attribute}{number}", NAMES)
            if part is None:
                return joined if number else None
            joined += part
        raise ValueError(f"{attribute} has too many parts")

    def _attribute(self, name: str, most: int) -> list[str] | None:
        h5a, h5t = self._h5py.h5a, self._h5py.h5t
        with _damage(f"attribute {name!r} of {self.path or '/'}"):
            if not h5a.exists(self._group.id, name.encode()):
                return None
            attribute = h5a.open(self._group.id, name.encode())
            count = attribute.get_space().get_simple_extent_npoints()
            if count == 0:
                return []
            size = attribute.get_storage_size()
            if count > most or size > ATTRIBUTE_BYTES or count * self._longest > TEXT_BYTES:
                raise _Refusal(f"attribute {name!r} of {self.path or '/'} is too large")
            if attribute.get_type().get_class() != h5t.STRING:
                raise _Refusal(f"attribute {name!r} of {self.path or '/'} is no text")
            value = self._group.attrs[name]
            items = [value] if isinstance(value, (str, bytes)) else list(np.asarray(value).flat)
            return [item.decode() if isinstance(item, bytes) else str(item) for item in items]

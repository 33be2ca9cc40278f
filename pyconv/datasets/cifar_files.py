# SPDX-License-Identifier: BSD-3-Clause
"""Files of CIFAR-10: six batches, binary (plain, gzip, xz) or pickled, in a folder or a tar file.

A binary record is one byte of label and 3,072 of pixels, (3, 32, 32). What a file says of itself is
compared with what it holds before memory is taken.
"""

from __future__ import annotations

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from pyconv.data.regular_file import open_regular
from pyconv.datasets.cifar_pickle import read_pickled_batch
from pyconv.datasets.idx import Bytes, exists

TRAINING = tuple(f"data_batch_{i}" for i in range(1, 6))
TEST = "test_batch"
CLASSES = 10
PIXELS = 3 * 32 * 32
ARCHIVES = ("cifar-10-python.tar.gz", "cifar-10-binary.tar.gz")

_MOST_SAMPLES = 20_000  # a batch has 10,000
_MOST_BYTES = _MOST_SAMPLES * (1 + PIXELS)
_XZ_MEMORY = 1 << 28  # for its dictionary
_SUFFIXES = (".bin", ".bin.gz", ".bin.xz", "")  # "" is a pickle


class Batch(NamedTuple):
    """Images (n, 32, 32, 3) uint8, labels (n, 1) uint8."""

    images: Bytes
    labels: Bytes


class Found(NamedTuple):
    """A folder or tar file, and the names of the batches in it."""

    place: Path
    batches: tuple[str, ...]


def batches_in(place: Path) -> Found | None:
    """Return the batches of a folder, or of an archive in it or named; None: not enough of them.

    A tar file is only looked into when it is read.
    """
    if place.is_file():
        return Found(place, (*TRAINING, TEST))
    for folder in (place, place / "cifar-10-batches-py", place / "cifar-10-batches-bin"):
        names = tuple(name for name in (*TRAINING, TEST) if batch_path(folder, name))
        if TEST in names and len(names) > 1:
            return Found(folder, names)
    archive = next((place / name for name in ARCHIVES if exists(place / name)), None)
    return None if archive is None else Found(archive, (*TRAINING, TEST))


def batch_path(folder: Path, name: str) -> Path | None:
    """Return the file of a batch in a folder, the first of those that may hold it."""
    paths = (folder / f"{name}{suffix}" for suffix in _SUFFIXES)
    return next((path for path in paths if exists(path)), None)


def read_batches(found: Found) -> dict[str, Batch]:
    """Return the batches that were found, by name.

    Raises:
        ValueError: naming the file, when one is damaged, cut short, or no such batch.
        OSError: a file cannot be opened.
    """
    if found.place.is_dir():
        files: Iterator[tuple[str, str, bytes]] = _folder_files(found)
    else:
        files = _archive_files(found.place)
    batches = {}
    for name, path, content in files:
        try:
            batches[name] = _batch(content)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    missing = [name for name in found.batches if name not in batches]
    if missing:
        raise ValueError(f"{found.place}: no {', '.join(missing)} in it")
    return batches


def _folder_files(found: Found) -> Iterator[tuple[str, str, bytes]]:
    for name in found.batches:
        path = batch_path(found.place, name)
        if path is not None:
            with open_regular(path) as file:
                content = file.read(_MOST_BYTES + 1)
            yield name, str(path), content


def _archive_files(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield the batches of a tar file, read in place; nothing is unpacked to the disk."""
    try:
        with open_regular(path) as file, tarfile.open(fileobj=file) as archive:
            for info in archive:
                name = PurePosixPath(info.name).name.removesuffix(".bin")
                if info.isreg() and name in (*TRAINING, TEST):
                    if info.size > _MOST_BYTES:
                        raise ValueError(f"{info.name} has {info.size} bytes")
                    member: Any = archive.extractfile(info)
                    yield name, f"{path}: {info.name}", member.read()
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError) as error:
        raise ValueError(f"{path}: damaged archive: {error}") from None


def _batch(content: bytes) -> Batch:
    if content.startswith(b"\x1f\x8b"):
        gzip: Any = zlib.decompressobj(31)
        content = _unpacked(gzip.decompress, content, gzip)
    elif content.startswith(b"\xfd7zXZ\0"):
        xz: Any = lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)
        content = _unpacked(xz.decompress, content, xz)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"more than {_MOST_SAMPLES} samples")
    if content.startswith(b"\x80"):  # a pickle; no label is that large
        pixels, labels = read_pickled_batch(content, PIXELS)
    else:
        count, rest = divmod(len(content), 1 + PIXELS)
        if rest or not count:
            raise ValueError(f"{len(content)} bytes; must be records of {1 + PIXELS}")
        records = np.frombuffer(content, np.uint8).reshape(count, 1 + PIXELS)
        labels, pixels = records[:, 0], records[:, 1:]
    bad = np.flatnonzero(labels >= CLASSES)
    if bad.size:
        raise ValueError(f"label {labels[bad[0]]} at {bad[0]}; must be below {CLASSES}")
    images = pixels.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Batch(np.ascontiguousarray(images), labels.reshape(-1, 1).copy())


def _unpacked(decompress: Callable[[bytes, int], bytes], content: bytes, state: Any) -> bytes:
    """Return what a whole packed stream holds, at most a little more than a batch may."""
    try:
        plain = decompress(content, _MOST_BYTES + 1)
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise ValueError(f"damaged: {error}") from None
    if len(plain) <= _MOST_BYTES and (not state.eof or state.unused_data):
        raise ValueError("cut short" if not state.eof else "goes on after its end")
    return plain

# SPDX-License-Identifier: BSD-3-Clause
"""IDX files, MNIST's format: 0 0 8 rank, big-endian sizes, then the bytes; plain or gzip.

Nothing a file says about itself is believed: sizes are compared before memory is taken.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pyconv.data.regular_file import open_regular

Bytes = npt.NDArray[np.uint8]

MOST_SAMPLES = 1_000_000
MOST_RATIO = 100  # of unpacked to packed bytes; MNIST has 5
_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTE = 8


def read_idx(path: str | os.PathLike[str], sample_shape: tuple[int, ...]) -> Bytes:
    """Return the array (n, *sample_shape) uint8 of an IDX file, packed by gzip or not.

    Raises:
        ValueError: naming the path, when the file is not exactly such an array, cut short, longer,
            damaged, or unpacks to far more than it is.
        OSError: the file cannot be opened.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            packed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            if not packed:
                return _read(file, sample_shape, size)
            with gzip.open(file) as unpacked:
                return _read(unpacked, sample_shape, MOST_RATIO * size)  # type: ignore[arg-type]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{os.fspath(path)}: damaged gzip file: {error}") from None
    except ValueError as error:
        if str(error).startswith(os.fspath(path)):
            raise
        raise ValueError(f"{os.fspath(path)}: {error}") from None


def _read(file: BinaryIO, sample_shape: tuple[int, ...], most: int) -> Bytes:
    """Read header and array; `most` is how many bytes the stream may hold."""
    rank = len(sample_shape) + 1
    header = 4 + 4 * rank
    head = file.read(header)
    magic = bytes([0, 0, _UNSIGNED_BYTE, rank])
    if head[:4] != magic:
        raise ValueError(f"begins with {head[:4].hex(' ')}; an IDX file here with {magic.hex(' ')}")
    if len(head) < header:
        raise ValueError(f"{len(head)} bytes; the header alone takes {header}")
    count, *shape = struct.unpack(f">{rank}I", head[4:])
    if tuple(shape) != sample_shape:
        raise ValueError(f"samples of shape {tuple(shape)}; expected {sample_shape}")
    if not 1 <= count <= MOST_SAMPLES:
        raise ValueError(f"{count} samples; must be 1 to {MOST_SAMPLES}")
    wanted = count * math.prod(shape)
    if header + wanted > most:
        raise ValueError(f"the header says {count} samples, too many for the file's size")
    content = file.read(wanted)
    if len(content) < wanted:
        raise ValueError(f"the header says {wanted} bytes, the file holds {len(content)}")
    if file.read(1):  # reading to the end also makes gzip check its checksum
        raise ValueError(f"goes on after the {wanted} bytes that the header says")
    array: Bytes = np.frombuffer(bytearray(content), np.uint8).reshape(count, *shape)
    return array


def exists(path: Path) -> bool:
    """Tell whether something stands at a path; an unreadable folder holds nothing."""
    try:
        return path.exists()
    except OSError:
        return False

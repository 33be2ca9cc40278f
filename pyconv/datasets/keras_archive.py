# SPDX-License-Identifier: BSD-3-Clause
"""mnist.npz as Keras keeps it: x_train, y_train, x_test, y_test in one zip file."""

from __future__ import annotations

import math
import os
import re
import zipfile

import numpy as np

from pyconv.datasets.archive import checked_member, opened_archive
from pyconv.datasets.idx import MOST_SAMPLES, Bytes

_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00(?s:..)\{'descr': '\|u1', 'fortran_order': False, "
    rb"'shape': \((\d{1,9}(?:, ?\d{1,9})*),?\), *\} *\n"
)
_HEADER_BYTES = 256


def read_keras_archive(
    path: str | os.PathLike[str], sample_shape: tuple[int, ...]
) -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Return x_train, y_train, x_test, y_test of such a file, all uint8.

    Raises:
        ValueError: naming the path, when a member is missing, damaged, of another kind or shape.
    """
    with opened_archive(path) as archive:
        x_train, x_test = (_member(archive, m, sample_shape) for m in ("x_train", "x_test"))
        y_train, y_test = (_member(archive, m, ()) for m in ("y_train", "y_test"))
    return x_train, y_train, x_test, y_test


def _member(archive: zipfile.ZipFile, name: str, sample_shape: tuple[int, ...]) -> Bytes:
    with archive.open(checked_member(archive, name)) as member:
        content = member.read(MOST_SAMPLES * math.prod(sample_shape) + _HEADER_BYTES)
    header = _HEADER.match(content)
    if header is None:
        raise ValueError(f"{name} is not an array of uint8")
    count, *shape = (int(size) for size in header[1].replace(b",", b" ").split())
    if tuple(shape) != sample_shape or not count:
        raise ValueError(f"{name} has shape {(count, *shape)}; expected (n, *{sample_shape})")
    array = np.frombuffer(bytearray(content[header.end() :]), np.uint8)
    if array.size != count * math.prod(shape):
        raise ValueError(f"{name} holds {array.size} bytes, its shape is {(count, *shape)}")
    return array.reshape(count, *shape)

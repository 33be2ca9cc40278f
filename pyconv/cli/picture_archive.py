# SPDX-License-Identifier: BSD-3-Clause
"""A user's .npz file of pictures: x_train, y_train, x_test, y_test, as np.savez writes them."""

from __future__ import annotations

import zipfile
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.datasets.archive import checked_member, opened_archive

Array = npt.NDArray[Any]


def read_picture_archive(path: str) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return ((x_train, y_train), (x_test, y_test)).

    Pictures: (n, h, w) or (n, h, w, c), uint8 or floating-point. Labels: (n,) or (n, 1), integers.
    Nothing in the file is run.
    Raises:
        ValueError: naming the path. OSError: the file cannot be opened.
    """
    with opened_archive(path) as archive:
        x_train, y_train, x_test, y_test = (
            _member(archive, name) for name in ("x_train", "y_train", "x_test", "y_test")
        )
        return _pair("train", x_train, y_train), _pair("test", x_test, y_test)


def _member(archive: zipfile.ZipFile, name: str) -> Array:
    with archive.open(checked_member(archive, name)) as member:
        array: Array = np.lib.format.read_array(member, allow_pickle=False)
    return array


def _pair(part: str, x: Array, y: Array) -> tuple[Array, Array]:
    y = y[:, 0] if y.ndim == 2 and y.shape[1] == 1 else y
    if x.ndim not in (3, 4) or (x.dtype != np.uint8 and x.dtype.kind != "f") or not x.size:
        raise ValueError(
            f"x_{part} is {x.dtype} {x.shape}; must be uint8 or float (n, h, w) or (n, h, w, c)"
        )
    if y.dtype.kind not in "iu" or y.shape != (len(x),):
        raise ValueError(f"y_{part} is {y.dtype} {y.shape}; must be integers ({len(x)},)")
    return x, y

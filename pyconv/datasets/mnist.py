# SPDX-License-Identifier: BSD-3-Clause
"""MNIST: handwritten digits, 60,000 to train on and 10,000 to test."""

from __future__ import annotations

import os
from pathlib import Path

from pyconv.datasets.digit_files import DigitFiles, Pair

FILES = DigitFiles(
    folder="mnist",
    keras_path="mnist.npz",
    addresses=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    md5=(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
)


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[Pair, Pair]:
    """Return ((x_train, y_train), (x_test, y_test)).

    Looked for in $PYCONV_DATA/mnist, our cache ($PYCONV_HOME), Keras's cache; then downloaded.

    Args:
        path: a folder of the four IDX files, packed or not, or a .npz file of Keras's form.
    Returns:
        images: (n, 28, 28) uint8, ink 255 on 0. labels: (n,) uint8, the digit.
    Raises:
        FileNotFoundError: `path` holds no such files. ValueError: a file is damaged.
        OSError: not on this machine, and a download is not possible.
    Source: Keras datasets.mnist.
    """
    return FILES.load("mnist.load_data", path)


def local_path() -> Path | None:
    """Return where load_data would find the data on this machine; None: it would download."""
    return FILES.local_path()

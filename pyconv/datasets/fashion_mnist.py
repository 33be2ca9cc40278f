# SPDX-License-Identifier: BSD-3-Clause
"""Fashion-MNIST: clothes in MNIST's form, 60,000 pictures to train on and 10,000 to test."""

from __future__ import annotations

import os
from pathlib import Path

from pyconv.datasets.digit_files import DigitFiles, Pair

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
FILES = DigitFiles(
    folder="fashion-mnist",
    keras_path="fashion-mnist",
    addresses=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    md5=(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
)


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[Pair, Pair]:
    """Return ((x_train, y_train), (x_test, y_test)).

    Looked for in $PYCONV_DATA/fashion-mnist, our cache, Keras's cache; then downloaded.

    Args:
        path: a folder of the four IDX files, packed or not, or a .npz file of Keras's form.
    Returns:
        images: (n, 28, 28) uint8, ink 255 on 0. labels: (n,) uint8, positions in CLASS_NAMES.
    Raises:
        FileNotFoundError: `path` holds no such files. ValueError: a file is damaged.
        OSError: not on this machine, and a download is not possible.
    Source: Keras datasets.fashion_mnist.
    """
    return FILES.load("fashion_mnist.load_data", path)


def local_path() -> Path | None:
    """Return where load_data would find the data on this machine; None: it would download."""
    return FILES.local_path()

# SPDX-License-Identifier: BSD-3-Clause
"""CIFAR-10: small colour photographs of ten classes, 50,000 to train on and 10,000 to test."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from pyconv.arguments import checked_path
from pyconv.callbacks.messages import tell
from pyconv.datasets.cifar_files import ARCHIVES, TEST, TRAINING, Found, batches_in, read_batches
from pyconv.datasets.digit_files import Pair, cache_home, data_home, keras_home
from pyconv.datasets.download import RemoteFile, download

CLASS_NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
ADDRESSES = ("https://www.cs.toronto.edu/~kriz/",)
CHECKSUM = "sha256:6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"

_KERAS_NAMES = (
    "cifar-10-batches-py",
    "cifar-10-batches-py.tar.gz",
    "cifar-10-batches-py_archive",
    "cifar-10-python.tar.gz",
)


def load_data(path: str | os.PathLike[str] | None = None) -> tuple[Pair, Pair]:
    """Return ((x_train, y_train), (x_test, y_test)).

    Looked for in $PYCONV_DATA/cifar-10-batches-bin, our cache ($PYCONV_HOME), Keras's cache; then
    downloaded. A place with all five training batches comes before one with fewer; how many there
    are is told where some are missing.

    Args:
        path: a folder of batches: .bin, .bin.gz, .bin.xz, or of the Python version; or its archive.
    Returns:
        images: (n, 32, 32, 3) uint8. labels: (n, 1) uint8, positions in CLASS_NAMES.
    Raises:
        FileNotFoundError: `path` holds no such files. ValueError: a file is damaged.
        OSError: not on this machine, and a download is not possible.
    Source: Keras datasets.cifar10.
    """
    if path is not None:
        path = checked_path("cifar10.load_data", "path", path)
        found = batches_in(Path(path)) if os.path.exists(path) else None
        if found is None:
            raise FileNotFoundError(
                f"cifar10.load_data: path={os.fspath(path)!r}; must be a folder with {TEST} and "
                f"one or more of {', '.join(TRAINING)}, or their archive"
            )
    else:
        found = _found() or _downloaded()
    batches = read_batches(found)
    training = [batches[name] for name in TRAINING if name in batches]
    if len(training) < len(TRAINING):
        tell(
            f"CIFAR-10: {len(training)} of {len(TRAINING)} training batches in {found.place}, "
            f"{sum(len(batch.labels) for batch in training):,} images"
        )
    x_train = np.concatenate([batch.images for batch in training])
    y_train = np.concatenate([batch.labels for batch in training])
    return (x_train, y_train), (batches[TEST].images, batches[TEST].labels)


def local_path() -> Path | None:
    """Return where load_data would find the data on this machine; None: it would download."""
    found = _found()
    return None if found is None else found.place


def _found() -> Found | None:
    places = [cache_home() / "datasets" / "cifar-10"]
    places += [keras_home() / "datasets" / name for name in _KERAS_NAMES]
    given = data_home()
    if given is not None:
        places.insert(0, given / "cifar-10-batches-bin")
    found = [batches for place in places if (batches := batches_in(place))]
    whole = [batches for batches in found if len(batches.batches) > len(TRAINING)]
    return next(iter(whole or found), None)


def _downloaded() -> Found:
    folder = cache_home() / "datasets" / "cifar-10"
    download("cifar10.load_data", [RemoteFile(ARCHIVES[0], CHECKSUM)], ADDRESSES, folder)
    return Found(folder / ARCHIVES[0], (*TRAINING, TEST))

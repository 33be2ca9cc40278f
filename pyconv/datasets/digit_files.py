# SPDX-License-Identifier: BSD-3-Clause
"""Where the files of MNIST and its kin are looked for, in which order, and how they are read."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pyconv.arguments import checked_path
from pyconv.datasets.download import RemoteFile, download
from pyconv.datasets.idx import Bytes, exists, read_idx
from pyconv.datasets.keras_archive import read_keras_archive

Pair = tuple[Bytes, Bytes]
SAMPLE = (28, 28)
CLASSES = 10
PARTS = ("train-images", "train-labels", "t10k-images", "t10k-labels")


@dataclass(frozen=True)
class DigitFiles:
    """A data set in MNIST's four IDX files.

    `folder` is its name below $PYCONV_DATA and our cache, `keras_path` where Keras keeps it,
    `md5` of the published .gz files in the order of PARTS.
    """

    folder: str
    keras_path: str
    addresses: tuple[str, ...]
    md5: tuple[str, str, str, str]

    @property
    def cache(self) -> Path:
        """Where downloads go: $PYCONV_HOME, or pyconv in the user's cache folder."""
        return cache_home() / "datasets" / self.folder

    def local_path(self) -> Path | None:
        """Return the folder or .npz file on this machine that load would read; None: download."""
        places = [self.cache, keras_home() / "datasets" / self.keras_path]
        given = data_home()
        if given is not None:
            places.insert(0, given / self.folder)
        return next((found for place in places if (found := complete(place))), None)

    def load(self, function: str, path: str | os.PathLike[str] | None) -> tuple[Pair, Pair]:
        """Return ((x_train, y_train), (x_test, y_test)) from `path`, else from where they lie."""
        if path is not None:
            path = checked_path(function, "path", path)
            place = complete(Path(path))
            if place is None:
                raise FileNotFoundError(
                    f"{function}: path={os.fspath(path)!r}; must be a .npz file or a folder "
                    f"with {', '.join(self.names)}"
                )
        else:
            place = self.local_path() or self._download(function)
        return read_place(place)

    @property
    def names(self) -> list[str]:
        """The names of the published files, in the order of PARTS."""
        return [f"{part}-idx{3 if 'images' in part else 1}-ubyte.gz" for part in PARTS]

    def _download(self, function: str) -> Path:
        files = [RemoteFile(n, f"md5:{m}") for n, m in zip(self.names, self.md5, strict=True)]
        download(function, files, self.addresses, self.cache)
        return self.cache


def cache_home() -> Path:
    """Return $PYCONV_HOME, or the folder pyconv in the user's cache folder."""
    if os.environ.get("PYCONV_HOME"):
        return Path(os.environ["PYCONV_HOME"])
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "pyconv"


def data_home() -> Path | None:
    """Return $PYCONV_DATA; one that is no folder is warned of, for data is then found elsewhere."""
    given = os.environ.get("PYCONV_DATA")
    if not given:
        return None
    if not os.path.isdir(given):
        warnings.warn(
            f"PYCONV_DATA={given!r} is no folder; data sets are looked for in caches, then "
            "downloaded",
            stacklevel=4,
        )
    return Path(given)


def keras_home() -> Path:
    """Return the folder in which Keras keeps what it downloads."""
    return Path(os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras"))


def complete(place: Path) -> Path | None:
    """Return `place` if it is a .npz file or a folder of all four parts, or the .npz file in it."""
    if place.suffix == ".npz":
        return place if exists(place) else None
    if all(part_path(place, part) for part in PARTS):
        return place
    archive = place / f"{place.name}.npz"
    return archive if exists(archive) else None


def part_path(folder: Path, part: str) -> Path | None:
    """Return the file of one part, packed or not, spelled with a hyphen or a dot."""
    rank = 3 if "images" in part else 1
    names = (f"{part}{mark}idx{rank}-ubyte{end}" for end in (".gz", "") for mark in "-.")
    return next((folder / name for name in names if exists(folder / name)), None)


def read_place(place: Path) -> tuple[Pair, Pair]:
    """Read a folder or .npz file that `complete` returned.

    Raises:
        ValueError: naming the file, when it is not what it should be.
    """
    if place.suffix == ".npz":
        x_train, y_train, x_test, y_test = read_keras_archive(place, SAMPLE)
        names = [f"{place}: {member}" for member in ("y_train", "y_test")]
    else:
        paths = [part_path(place, part) for part in PARTS]
        x_train, y_train, x_test, y_test = (
            read_idx(path or place, SAMPLE if "images" in part else ())
            for path, part in zip(paths, PARTS, strict=True)
        )
        names = [str(paths[1]), str(paths[3])]
    for name, x, y in zip(names, (x_train, x_test), (y_train, y_test), strict=True):
        _check_labels(name, x, y)
    return (x_train, y_train), (x_test, y_test)


def _check_labels(name: str, x: Bytes, y: Bytes) -> None:
    if len(x) != len(y):
        raise ValueError(f"{name}: {len(y)} labels for {len(x)} images")
    bad = np.flatnonzero(y >= CLASSES)
    if bad.size:
        raise ValueError(f"{name}: label {y[bad[0]]} at {bad[0]}; must be below {CLASSES}")

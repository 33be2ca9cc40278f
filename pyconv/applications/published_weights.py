# SPDX-License-Identifier: BSD-3-Clause
"""Files that Keras publishes for its networks: found on this machine, or downloaded and checked.

Names, addresses and MD5 sums are those in keras.applications of Keras 3 (keras-team/keras).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pyconv.datasets.digit_files import cache_home, keras_home
from pyconv.datasets.download import RemoteFile, download
from pyconv.datasets.idx import exists

APPLICATIONS = "https://storage.googleapis.com/tensorflow/keras-applications/"
FOLDER = "models"  # in both caches
WITH_TOP = "_weights_tf_dim_ordering_tf_kernels.h5"
WITHOUT_TOP = "_weights_tf_dim_ordering_tf_kernels_notop.h5"


@dataclass(frozen=True)
class PublishedWeights:
    """The two files of a network trained on ImageNet, with its classifier and without."""

    address: str
    with_top: RemoteFile
    without_top: RemoteFile

    def file(self, include_top: bool) -> RemoteFile:
        return self.with_top if include_top else self.without_top


def published(network: str, with_top: str, without_top: str, folder: str = "") -> PublishedWeights:
    """Return the files of a network under their usual names.

    Args:
        network: what the names begin with. with_top, without_top: MD5 sums.
        folder: at the address; the network's name by default.
    """
    return PublishedWeights(
        f"{APPLICATIONS}{folder or network}/",
        RemoteFile(network + WITH_TOP, f"md5:{with_top}"),
        RemoteFile(network + WITHOUT_TOP, f"md5:{without_top}"),
    )


def local_file(name: str) -> Path | None:
    """Return where a file lies on this machine: in our cache, then in Keras's; None: nowhere."""
    places = (home / FOLDER / name for home in (cache_home(), keras_home()))
    return next((place for place in places if exists(place)), None)


def find_published(function: str, file: RemoteFile, address: str) -> Path:
    """Return a published file's path, downloaded into our cache where no cache has it.

    Published sums apply to downloads; a file in a cache is checked by what it holds.
    Raises:
        OSError: not on this machine, and a download is not possible.
    """
    found = local_file(file.name)
    if found is None:
        folder = cache_home() / FOLDER
        download(function, [file], [address], folder)
        found = folder / file.name
    return found


def weights_path(
    function: str,
    weights: str | os.PathLike[str] | None,
    published_weights: PublishedWeights | None,
    include_top: bool,
) -> Path | None:
    """Return the file that the argument `weights` asks for, None for random weights.

    Raises:
        ValueError: no such file, or no weights of ImageNet are published for the network.
    """
    if weights is None:
        return None
    if not isinstance(weights, (str, os.PathLike)):
        raise TypeError(f"{function}: weights={weights!r}; must be None, 'imagenet' or a path")
    if weights != "imagenet":
        path = Path(weights)
        if not exists(path):
            raise ValueError(
                f"{function}: weights={os.fspath(weights)!r}; must be None, 'imagenet' or a file"
            )
        return path
    if published_weights is None:
        raise ValueError(
            f"{function}: weights='imagenet'; Keras publishes none for this network; give None or "
            "a file"
        )
    return find_published(function, published_weights.file(include_top), published_weights.address)

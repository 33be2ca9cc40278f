# SPDX-License-Identifier: BSD-3-Clause
"""Labelled pictures by the word that --data takes, in the form a network asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.cli.picture_archive import read_picture_archive
from pyconv.cli.picture_folder import class_folders, read_picture_folder
from pyconv.datasets import cifar10, fashion_mnist, generated_digits, mnist

Images = npt.NDArray[Any]  # (n, h, w) or (n, h, w, c)
Part = tuple[Images, npt.NDArray[Any]]

GENERATED, GENERATED_TEST = 60_000, 2_000
GENERATED_LARGE = 400  # of more than LARGE pixels, which fill the memory
LARGE = 64 * 64
TEST_SEED = 2**31 - 1  # the digits to test with are the same ones in every run


@dataclass(frozen=True)
class Pictures:
    """What --data names: a title, and a function that reads (training, test) pictures."""

    title: str
    read: Callable[[], tuple[Part, Part]]
    class_names: tuple[str, ...] = ()


def pictures_of(
    data: str | None,
    input_shape: tuple[int, ...],
    classes: int,
    *,
    seed: int = 0,
    count: int | None = None,
) -> Pictures:
    """Return what a word or path stands for; nothing is read yet.

    Args:
        data: None for what fits the network.
        input_shape, classes: (h, w, c) of the network's pictures, and how many kinds it knows.
        seed, count: of generated digits to train on; those to test with do not depend on them.
    Raises:
        ValueError: neither a known word nor a folder nor a .npz file.
    """
    if data is None:
        data = _usual(input_shape, classes)
    if data == "mnist":
        return Pictures("MNIST", _or_generated(mnist.load_data))
    if data == "fashion_mnist":
        return Pictures(
            "Fashion-MNIST", _or_generated(fashion_mnist.load_data), fashion_mnist.CLASS_NAMES
        )
    if data == "cifar10":
        return Pictures("CIFAR-10", _or_generated(_cifar10), cifar10.CLASS_NAMES)
    if data == "generated":
        return Pictures(
            "generated digits" if classes >= 10 else "generated digits, their remainders",
            lambda: _generated(seed, count, input_shape, classes),
        )
    if os.path.isdir(data):
        names = class_folders(data, classes)
        return Pictures(
            f"{data}: {', '.join(names)}",
            lambda: read_picture_folder(data, names, input_shape),
            names,
        )
    if data.endswith(".npz"):
        return Pictures(data, lambda: read_picture_archive(data))
    raise ValueError(
        f"--data {data}; must be mnist, fashion_mnist, cifar10, generated, a folder or the path "
        "of a .npz file"
    )


def _usual(input_shape: tuple[int, ...], classes: int) -> str:
    if input_shape[-1] == 1:
        return "mnist"
    if input_shape == (32, 32, 3) and classes == 10:
        return "cifar10"
    raise ValueError(
        f"--data is not given; pictures of this network are {input_shape}, of {classes} kinds: "
        "must be a folder, a .npz file or generated"
    )


def _or_generated(load: Callable[[], tuple[Part, Part]]) -> Callable[[], tuple[Part, Part]]:
    """Return a reader that says, where a download fails, what needs none."""

    def read() -> tuple[Part, Part]:
        try:
            return load()
        except OSError as error:
            raise OSError(f"{error}; --data generated needs no download") from None

    return read


def _cifar10() -> tuple[Part, Part]:
    (x_train, y_train), (x_test, y_test) = cifar10.load_data()
    return (x_train, y_train[:, 0]), (x_test, y_test[:, 0])


def _generated(
    seed: int, count: int | None, input_shape: tuple[int, ...], classes: int
) -> tuple[Part, Part]:
    """Return digits as large and in as many channels as the network's pictures.

    A network of fewer than ten classes learns the remainders: of two, even and odd digits.
    """
    height, width, channels = input_shape
    if count is None:
        count = GENERATED_LARGE if height * width > LARGE else GENERATED
    parts = []
    for n, one_seed in ((count, seed), (min(count, GENERATED_TEST), TEST_SEED)):
        images, labels = generated_digits(n, one_seed)
        times = max(min(height, width) // images.shape[1], 1)
        larger = images.repeat(times, axis=1).repeat(times, axis=2)[..., None]
        coloured = larger.repeat(3, axis=3) if channels == 3 else larger
        parts.append((coloured, labels % classes if classes < 10 else labels))
    return parts[0], parts[1]


def checked_labels(labels: npt.NDArray[Any], classes: int) -> npt.NDArray[Any]:
    """Return class numbers of which a model of so many classes knows each."""
    bad = np.flatnonzero((labels < 0) | (labels >= classes))
    if bad.size:
        raise ValueError(f"label {labels[bad[0]]} at {bad[0]}; the model has {classes} classes")
    return labels


def as_inputs(
    images: Images, input_shape: tuple[int, ...], white: float = 1.0
) -> npt.NDArray[np.float32]:
    """Return pictures as a network (h, w, c) takes them: float32, bytes from 0 to `white`.

    Floats are from 0 to 1 before.

    Smaller pictures get a border of zeros, as MNIST's for LeNet-5.
    Raises:
        ValueError: pictures that are larger, have other channels, or hold what no float32 does.
    """
    if images.ndim == 3:
        images = images[..., None]
    sizes, wanted = images.shape[1:], input_shape
    if (
        len(sizes) != 3
        or sizes[2] != wanted[2]
        or any(s > w for s, w in zip(sizes[:2], wanted[:2], strict=True))
    ):
        raise ValueError(f"pictures are {sizes}; the network takes (h, w, c) = {wanted}")
    whole = np.float32((255 if images.dtype == np.uint8 else 1) / white)
    with np.errstate(over="ignore"):
        scaled: npt.NDArray[np.float32] = images.astype(np.float32) / whole
    finite = np.isfinite(scaled)
    if not finite.all():
        value = images[~finite][0]
        raise ValueError(f"a picture holds {value}; must be a finite float32")
    if sizes == wanted:
        return scaled
    borders = [((w - s) // 2, w - s - (w - s) // 2) for s, w in zip(sizes, wanted, strict=True)]
    return np.pad(scaled, [(0, 0), *borders])

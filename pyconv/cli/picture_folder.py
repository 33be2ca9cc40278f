# SPDX-License-Identifier: BSD-3-Clause
"""A user's folder of pictures, one folder per class; or such folders in `train` and `test`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.data import image_dataset_from_directory

Array = npt.NDArray[Any]

TESTED = ("test", "validation")  # what the folder beside `train` may be called
SHARE, SEED = 0.3, 0  # of the pictures to test with where there is no such folder; their choice


def class_folders(path: str, classes: int) -> tuple[str, ...]:
    """Return the names of the classes: the first folders by name, as many as a network knows.

    Raises:
        ValueError: there are fewer than two.
    """
    folder = Path(path, "train") if Path(path, "train").is_dir() else Path(path)
    names = sorted(x.name for x in folder.iterdir() if x.is_dir() and not x.name.startswith("."))
    if len(names) < 2:
        raise ValueError(f"{folder}: holds {len(names)} folders; must be one for each class")
    return tuple(names[:classes])


def read_picture_folder(
    path: str, names: tuple[str, ...], input_shape: tuple[int, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return ((x_train, y_train), (x_test, y_test)): uint8 (n, h, w, c), stretched to this shape.

    The pictures are mixed, the same way each time.
    Raises:
        ValueError: naming the file that is no picture. ImportError: Pillow is not installed.
    """
    parts = Path(path, "train"), next((x for n in TESTED if (x := Path(path, n)).is_dir()), None)
    if parts[0].is_dir() and parts[1] is not None:
        return _read(parts[0], names, input_shape), _read(parts[1], names, input_shape)
    both = [
        _read(Path(path), names, input_shape, validation_split=SHARE, subset=subset)
        for subset in ("training", "validation")
    ]
    return both[0], both[1]


def _read(
    folder: Path, names: tuple[str, ...], input_shape: tuple[int, ...], **options: Any
) -> tuple[Array, Array]:
    height, width, channels = input_shape
    dataset = image_dataset_from_directory(
        folder,
        class_names=names,
        color_mode="grayscale" if channels == 1 else "rgb",
        image_size=(height, width),
        seed=SEED,
        verbose=False,
        **options,
    )
    images, labels = [], []
    for x, y in dataset:
        images.append(np.rint(x).astype(np.uint8))
        labels.append(np.asarray(y))
    return np.concatenate(images), np.concatenate(labels)

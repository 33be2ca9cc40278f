# SPDX-License-Identifier: BSD-3-Clause
"""MNIST in the form of the book's dataset.mnist."""

from __future__ import annotations

import numpy as np

from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.datasets import mnist

__all__ = ["load_mnist"]

_CLASSES = 10


def load_mnist(
    normalize: bool = True, flatten: bool = True, one_hot_label: bool = False
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return (train_img, train_label), (test_img, test_label).

    Where it is looked for, and its errors: as pyconv.datasets.mnist.load_data.

    Args:
        normalize: pixels 0 to 1, float32; else 0 to 255, uint8.
        flatten: (n, 784); else (n, 1, 28, 28). one_hot_label: (n, 10) float64; else (n,) uint8.
    Raises:
        TypeError: no flags.
    """
    flags = {"normalize": normalize, "flatten": flatten, "one_hot_label": one_hot_label}
    for argument, value in flags.items():
        checked_flag("load_mnist", argument, value)
    train, test = (
        (_images(images, normalize, flatten), _labels(labels, one_hot_label))
        for images, labels in mnist.load_data()
    )
    return train, test


def _images(images: Array, normalize: bool, flatten: bool) -> Array:
    shaped = images.reshape(len(images), -1) if flatten else images[:, None]
    return shaped.astype(np.float32) / np.float32(255) if normalize else shaped


def _labels(labels: Array, one_hot: bool) -> Array:
    return np.eye(_CLASSES)[labels] if one_hot else labels

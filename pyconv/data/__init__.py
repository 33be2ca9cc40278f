# SPDX-License-Identifier: BSD-3-Clause
"""The data pipeline: datasets of elements, images from files and folders."""

from pyconv.data.dataset import AUTOTUNE, Dataset
from pyconv.data.image_check import bad_images
from pyconv.data.image_dataset import image_dataset_from_directory
from pyconv.data.node import INFINITE as INFINITE_CARDINALITY
from pyconv.data.node import UNKNOWN as UNKNOWN_CARDINALITY

__all__ = [
    "AUTOTUNE",
    "INFINITE_CARDINALITY",
    "UNKNOWN_CARDINALITY",
    "Dataset",
    "bad_images",
    "image_dataset_from_directory",
]

# SPDX-License-Identifier: BSD-3-Clause
"""keras.utils by its names; each lives in the room of its concept."""

from pyconv.data.image_dataset import image_dataset_from_directory
from pyconv.data.pillow_images import array_to_img, img_to_array, load_img, save_img
from pyconv.data.to_categorical import to_categorical
from pyconv.datasets.get_file import get_file
from pyconv.naming import reset_names as clear_session
from pyconv.random import set_random_seed
from pyconv.utils import np_utils

__all__ = [
    "array_to_img",
    "clear_session",
    "get_file",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "np_utils",
    "save_img",
    "set_random_seed",
    "to_categorical",
]

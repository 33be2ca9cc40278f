# SPDX-License-Identifier: BSD-3-Clause
"""keras.preprocessing.image by its names; each lives in the room of its concept."""

from pyconv.data.image_dataset import image_dataset_from_directory
from pyconv.data.pillow_images import array_to_img, img_to_array, load_img, save_img
from pyconv.preprocessing.array_iterator import NumpyArrayIterator
from pyconv.preprocessing.batch_iterator import Iterator
from pyconv.preprocessing.data_frame_iterator import DataFrameIterator
from pyconv.preprocessing.directory_iterator import DirectoryIterator
from pyconv.preprocessing.image_data_generator import ImageDataGenerator

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "save_img",
]

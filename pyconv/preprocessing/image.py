# SPDX-License-Identifier: BSD-3-Clause
"""keras.preprocessing.image by its names."""

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
]

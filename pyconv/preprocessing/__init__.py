# SPDX-License-Identifier: BSD-3-Clause
"""Images changed and standardised on their way into training, outside a model."""

from pyconv.data.image_dataset import image_dataset_from_directory
from pyconv.preprocessing import image as image

__all__ = ["image", "image_dataset_from_directory"]

# SPDX-License-Identifier: BSD-3-Clause
"""VGG16 with what belongs to it, under the name programs import it by."""

from pyconv.applications.imagenet_utils import decode_predictions
from pyconv.applications.imagenet_utils import preprocess_caffe as preprocess_input
from pyconv.applications.vgg import VGG16

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]

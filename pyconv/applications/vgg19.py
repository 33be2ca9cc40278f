# SPDX-License-Identifier: BSD-3-Clause
"""VGG19 with what belongs to it, under the name programs import it by."""

from pyconv.applications.imagenet_utils import decode_predictions
from pyconv.applications.imagenet_utils import preprocess_caffe as preprocess_input
from pyconv.applications.vgg import VGG19

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]

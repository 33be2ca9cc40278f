# SPDX-License-Identifier: BSD-3-Clause
"""ResNet50 with what belongs to it, under the name programs import it by."""

from pyconv.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]

# SPDX-License-Identifier: BSD-3-Clause
"""The two convolutional networks of the book."""

from pyconv.scratch.deep_convnet import DeepConvNet
from pyconv.scratch.simple_convnet import SimpleConvNet

__all__ = ["DeepConvNet", "SimpleConvNet"]

# SPDX-License-Identifier: BSD-3-Clause
"""Separable convolution: a depthwise convolution, then a 1x1 convolution over its channels."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy.typing as npt

from pyconv.geometry import DataFormat
from pyconv.reference.conv2d import conv2d
from pyconv.reference.depthwise_conv2d import depthwise_conv2d

Array: TypeAlias = npt.NDArray[Any]


def separable_conv2d(
    x: Array,
    depthwise_kernel: Array,
    pointwise_kernel: Array,
    bias: Array | None = None,
    *,
    data_format: DataFormat = "channels_last",
    activation: str | None = None,
    **options: Any,
) -> Array:
    """Return y; options are the depthwise part's."""
    between = depthwise_conv2d(x, depthwise_kernel, data_format=data_format, **options)
    return conv2d(between, pointwise_kernel, bias, data_format=data_format, activation=activation)

# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise convolution: every channel is convolved by itself with its own filters.

y[n, i, j, c * multiplier + q] = bias + sum over (r, s) of
    x[n, i sh + r dil_h - top, j sw + s dil_w - left, c] kernel[r, s, c, q]
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat
from pyconv.reference.conv2d import conv2d, conv2d_backward

Array: TypeAlias = npt.NDArray[Any]


def depthwise_conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    data_format: DataFormat = "channels_last",
    **options: Any,
) -> Array:
    """Return y, channel by channel; options as conv2d's."""
    axis = 1 if data_format == "channels_first" else 3
    multiplier = kernel.shape[3]
    parts = []
    for c in range(x.shape[axis]):
        own = None if bias is None else bias[c * multiplier : (c + 1) * multiplier]
        image = np.take(x, [c], axis)
        parts.append(
            conv2d(image, kernel[:, :, c : c + 1], own, data_format=data_format, **options)
        )
    return np.concatenate(parts, axis)


def depthwise_conv2d_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    data_format: DataFormat = "channels_last",
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
    **options: Any,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return (dx, dkernel, dbias), None where not needed, channel by channel."""
    axis = 1 if data_format == "channels_first" else 3
    multiplier = kernel.shape[3]
    found: list[list[Any]] = [[], [], []]
    for c in range(x.shape[axis]):
        own = list(range(c * multiplier, (c + 1) * multiplier))
        gradients = conv2d_backward(
            np.take(dy, own, axis),
            np.take(x, [c], axis),
            kernel[:, :, c : c + 1],
            data_format=data_format,
            y=None if y is None else np.take(y, own, axis),
            **options,
        )
        for parts, gradient in zip(found, gradients, strict=True):
            parts.append(gradient)
    dx, dkernel, dbias = (
        np.concatenate(parts, at) for parts, at in zip(found, (axis, 2, 0), strict=True)
    )
    return (
        dx if "x" in needs else None,
        dkernel if "kernel" in needs else None,
        dbias if "bias" in needs else None,
    )

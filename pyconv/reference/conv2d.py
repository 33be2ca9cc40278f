# SPDX-License-Identifier: BSD-3-Clause
"""Convolution: every output pixel is the sum of its window times a filter, plus a bias.

y[n, i, j, f] = bias[f]
    + sum over (r, s, c) of x[n, i sh + r dil_h - top, j sw + s dil_w - left, c] kernel[r, s, c, f]
A filter sees the channels of its group alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.reference.activation import activate, activate_backward
from pyconv.reference.precision import widened
from pyconv.reference.taps import channels_last, cropped, padded, taps, users_layout

Array: TypeAlias = npt.NDArray[Any]


def conv2d(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
    activation: str | None = None,
    algorithm: str = "auto",
) -> Array:
    """Return y, (n, oh, ow, filters) in the layout of x, dtype of x.

    Sums run in float64, or in long double if x brings it.

    Args:
        x: (n, h, w, c) or (n, c, h, w). kernel: (kh, kw, c / groups, filters).
        algorithm: of no effect here; the ops' word for how to compute the same.
    """
    window = Window.conv(
        "conv2d", x.shape, kernel.shape, strides, padding, dilation_rate, groups, data_format
    )
    image = padded(channels_last(x, window), window, 0)
    filters = _by_group(kernel, window)
    total = np.zeros((window.n, window.oh, window.ow, groups, window.f // groups), filters.dtype)
    for r, s, where in taps(window):
        seen = _in_groups(image[where], window)
        total += np.einsum("nijgc,gcf->nijgf", seen, filters[r, s])
    y = total.reshape(window.n, window.oh, window.ow, window.f)
    if bias is not None:
        y += bias
    return users_layout(activate(y, activation).astype(x.dtype), window)


def conv2d_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    dilation_rate: IntPair = 1,
    groups: int = 1,
    data_format: DataFormat = "channels_last",
    algorithm: str = "auto",
    activation: str | None = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None]:
    """Return (dx, dkernel, dbias), None where not needed; dy is the gradient of the result y.

    Each product of a tap in conv2d sends dy times one factor to the other factor.
    """
    window = Window.conv(
        "conv2d_backward",
        x.shape,
        kernel.shape,
        strides,
        padding,
        dilation_rate,
        groups,
        data_format,
    )
    if y is not None:
        dy = activate_backward(dy, y, activation)
    grouped = _in_groups(channels_last(dy, window), window)  # (n, oh, ow, groups, f / groups)
    filters = _by_group(kernel, window)
    image = padded(channels_last(x, window), window, 0)
    dimage = np.zeros(image.shape, filters.dtype)
    dfilters = np.zeros(filters.shape, filters.dtype)
    for r, s, where in taps(window):
        seen = _in_groups(image[where], window)
        dseen = np.einsum("nijgf,gcf->nijgc", grouped, filters[r, s])
        dimage[where] += dseen.reshape(image[where].shape)
        dfilters[r, s] = np.einsum("nijgc,nijgf->gcf", seen, grouped)
    dx = users_layout(cropped(dimage, window).astype(x.dtype), window)
    dkernel = np.moveaxis(dfilters, 2, 3).reshape(kernel.shape).astype(x.dtype)
    dbias = grouped.sum(axis=(0, 1, 2)).reshape(window.f).astype(x.dtype)
    return (
        dx if "x" in needs else None,
        dkernel if "kernel" in needs else None,
        dbias if "bias" in needs else None,
    )


def _in_groups(x: Array, window: Window) -> Array:
    """Return x (n, h, w, channels) as wide (n, h, w, groups, channels / groups)."""
    return widened(x.reshape(*x.shape[:3], window.groups, x.shape[3] // window.groups))


def _by_group(kernel: Array, window: Window) -> Array:
    """Return the kernel as wide (kh, kw, groups, c / groups, filters / groups)."""
    kh, kw, group_channels, f = kernel.shape
    split = kernel.reshape(kh, kw, group_channels, window.groups, f // window.groups)
    return widened(np.moveaxis(split, 3, 2))

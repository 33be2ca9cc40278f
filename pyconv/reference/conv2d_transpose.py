# SPDX-License-Identifier: BSD-3-Clause
"""Transposed convolution: every pixel of x sends itself through a filter into y.

full[n, i sh + r dil_h, j sw + s dil_w, f] += x[n, i, j, c] kernel[r, s, f, c], then cut to y.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.geometry import DataFormat, IntPair, Padding, Window
from pyconv.reference.activation import activate, activate_backward
from pyconv.reference.precision import widened
from pyconv.reference.taps import channels_last, taps, users_layout

Array: TypeAlias = npt.NDArray[Any]


def conv2d_transpose(
    x: Array,
    kernel: Array,
    bias: Array | None = None,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    output_padding: IntPair | None = None,
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: str | None = None,
) -> Array:
    """Return y, (n, oh, ow, filters) in the layout of x, dtype of x; sums in float64 at least."""
    window = _window(x, kernel, strides, padding, output_padding, dilation_rate, data_format)
    image, filters = widened(channels_last(x, window)), widened(kernel)
    full = np.zeros((window.n, *_full(window), window.c), filters.dtype)
    for r, s, where in taps(window):
        full[where] += image @ filters[r, s].T
    rows = slice(window.top, window.top + window.h)
    y = full[:, rows, window.left : window.left + window.w]
    if bias is not None:
        y = y + bias
    return users_layout(activate(y, activation).astype(x.dtype), window)


def conv2d_transpose_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    strides: IntPair = 1,
    padding: Padding = "valid",
    output_padding: IntPair | None = None,
    dilation_rate: IntPair = 1,
    data_format: DataFormat = "channels_last",
    activation: str | None = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None]:
    """Return (dx, dkernel, dbias), None where not needed."""
    window = _window(x, kernel, strides, padding, output_padding, dilation_rate, data_format)
    if y is not None:
        dy = activate_backward(dy, y, activation)
    image, filters = widened(channels_last(x, window)), widened(kernel)
    gradient = widened(channels_last(dy, window))
    dfull = np.zeros((window.n, *_full(window), window.c), filters.dtype)
    rows = slice(window.top, window.top + window.h)
    dfull[:, rows, window.left : window.left + window.w] = gradient
    dimage, dfilters = np.zeros_like(image), np.zeros_like(filters)
    for r, s, where in taps(window):
        dimage += dfull[where] @ filters[r, s]
        dfilters[r, s] = np.einsum("nijf,nijc->fc", dfull[where], image)
    return (
        users_layout(dimage.astype(x.dtype), window) if "x" in needs else None,
        dfilters.astype(x.dtype) if "kernel" in needs else None,
        gradient.sum(axis=(0, 1, 2)).astype(x.dtype) if "bias" in needs else None,
    )


def _window(x: Array, kernel: Array, *options: Any) -> Window:
    return Window.conv_transpose("conv2d_transpose", x.shape, kernel.shape, *options)


def _full(window: Window) -> tuple[int, int]:
    """Return the size that holds the whole result and what y has of it."""
    rows = (window.oh - 1) * window.sh + (window.kh - 1) * window.dil_h + 1
    columns = (window.ow - 1) * window.sw + (window.kw - 1) * window.dil_w + 1
    return max(rows, window.top + window.h), max(columns, window.left + window.w)

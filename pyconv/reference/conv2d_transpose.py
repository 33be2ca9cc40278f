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
from pyconv.reference.taps import channels_last

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
    image, filters = _wide(channels_last(x, window)), _wide(kernel)
    full = np.zeros((window.n, *_full(window), window.c), filters.dtype)
    for r in range(window.kh):
        for s in range(window.kw):
            full[_sent(window, r, s)] += image @ filters[r, s].T
    rows = slice(window.top, window.top + window.h)
    y = full[:, rows, window.left : window.left + window.w]
    if bias is not None:
        y = y + bias
    return _layout(activate(y, activation).astype(x.dtype), window)


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
    image, filters = _wide(channels_last(x, window)), _wide(kernel)
    gradient = _wide(channels_last(dy, window))
    dfull = np.zeros((window.n, *_full(window), window.c), filters.dtype)
    rows = slice(window.top, window.top + window.h)
    dfull[:, rows, window.left : window.left + window.w] = gradient
    dimage, dfilters = np.zeros_like(image), np.zeros_like(filters)
    for r in range(window.kh):
        for s in range(window.kw):
            seen = dfull[_sent(window, r, s)]
            dimage += seen @ filters[r, s]
            dfilters[r, s] = np.einsum("nijf,nijc->fc", seen, image)
    return (
        _layout(dimage.astype(x.dtype), window) if "x" in needs else None,
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


def _sent(window: Window, r: int, s: int) -> tuple[slice, slice, slice]:
    """Return where tap (r, s) of every pixel of x lands in the whole result."""
    top, left = r * window.dil_h, s * window.dil_w
    rows = slice(top, top + (window.oh - 1) * window.sh + 1, window.sh)
    columns = slice(left, left + (window.ow - 1) * window.sw + 1, window.sw)
    return slice(None), rows, columns


def _layout(y: Array, window: Window) -> Array:
    return np.ascontiguousarray(np.moveaxis(y, -1, 1) if window.channels_first else y)


def _wide(x: Array) -> Array:
    return x.astype(np.result_type(x.dtype, np.float64))

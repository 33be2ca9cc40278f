# SPDX-License-Identifier: BSD-3-Clause
"""Images of the other layout go in parts: the bits of channels_last, on any number of threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops

# n, height, width, channels, filters, kernel, strides, padding, dilation; the last ones are cut
# into rows: some MB an image.
SHAPES = [
    (4, 13, 13, 32, 64, 3, 1, 0, 1),
    (5, 12, 9, 16, 32, 3, 1, 1, 1),
    (7, 28, 28, 1, 30, 5, 1, 0, 1),
    (4, 9, 10, 8, 1, 3, 1, 1, 1),
    (4, 6, 6, 1, 1, 3, 1, 1, 1),
    (6, 11, 10, 6, 5, 3, 2, 1, 2),
    (2, 120, 121, 3, 64, 3, 1, 1, 1),
    (1, 150, 140, 3, 70, 5, 2, ((4, 3), (0, 2)), 1),
    (2, 90, 100, 64, 96, 1, 1, 0, 1),
    (1, 160, 100, 4, 80, (7, 1), (1, 1), (6, 0), 1),
    (1, 99, 100, 2, 90, 3, 1, (5, 5), 2),
    # strides and dilations that part the rows of an image; results that go past the caches
    (3, 31, 29, 3, 7, 5, (3, 2), 2, (2, 1)),
    (2, 40, 37, 3, 16, 3, (2, 1), 1, (1, 2)),
    (2, 113, 111, 3, 130, (3, 5), (1, 2), 1, 1),
    (2, 180, 178, 3, 101, 3, 1, 0, 1),
    # few filters: rows in place, padded, and past the caches
    (3, 30, 31, 5, 9, 3, 1, 0, 1),
    (2, 40, 33, 8, 16, 5, (2, 1), 2, (1, 2)),
    (7, 300, 301, 2, 16, 3, 1, 1, 1),
    # pixels that no result reads, results that read no pixel
    (2, 120, 121, 48, 64, 1, 2, 0, 1),
    (2, 160, 90, 16, 40, 3, (4, 5), 0, 1),
    (1, 150, 140, 24, 40, 3, 1, ((7, 9), (0, 3)), 1),
    (2, 140, 120, 16, 32, 3, 2, 2, 3),
    # small images, several a part; Winograd's tiles in bands of rows
    (53, 14, 13, 16, 16, 3, 1, 1, 1),
    (50, 9, 9, 5, 7, 3, 2, 0, 1),
    (50, 28, 28, 1, 8, 3, 3, 0, 1),
    (50, 9, 9, 1, 7, 2, (2**31 - 1, 2), 0, 1),
    (50, 9, 9, 4, 1, 3, 1, ((5, 0), (0, 1)), 1),
    (2, 60, 57, 64, 80, 3, 1, 1, 1),
    (3, 63, 58, 40, 70, 3, 1, ((0, 1), (2, 0)), 1),
    (50, 14, 13, 16, 24, 5, 1, 2, 1),
    (3, 63, 58, 40, 70, 5, 1, ((0, 3), (4, 1)), 1),
]


def case(shape: Any, dtype: str) -> tuple[Any, Any, dict[str, Any]]:
    """Return channels_last images, a kernel and the options of their convolution."""
    n, h, w, c, f, size, strides, padding, dilation = shape
    kh, kw = size if isinstance(size, tuple) else (size, size)
    options = {"strides": strides, "padding": padding, "dilation_rate": dilation}
    return normal((n, h, w, c), dtype, 0), normal((kh, kw, c, f), dtype, 1), options


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parts_have_the_bits_of_channels_last(shape: Any, dtype: str, set_threads: Any) -> None:
    x, kernel, options = case(shape, dtype)
    options |= {"bias": normal(kernel.shape[-1:], dtype, 2), "activation": "relu"}
    expected = ops.conv2d(x, kernel, **options)
    planes = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    for threads in (1, 2, 3):
        set_threads(threads)
        y = ops.conv2d(planes, kernel, data_format="channels_first", **options)
        assert_same_bits(y.transpose(0, 2, 3, 1), expected, f"{threads} threads")


def test_large_filters_sum_in_the_order_of_all_images() -> None:
    # Winograd's filters come in pieces where they meet few tiles, as they would in one image.
    x, kernel, options = case((9, 28, 28, 256, 256, 3, 1, 1, 1), "float32")
    planes = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    y = ops.conv2d(planes, kernel, data_format="channels_first", **options)
    assert_same_bits(y.transpose(0, 2, 3, 1), ops.conv2d(x, kernel, **options), "9 images")


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_have_the_bits_of_channels_last(shape: Any, dtype: str, set_threads: Any) -> None:
    x, kernel, options = case(shape, dtype)
    dy = normal(ops.conv2d(x, kernel, **options).shape, dtype, 3)
    expected = ops.conv2d_backward(dy, x, kernel, **options)
    planes = [np.ascontiguousarray(a.transpose(0, 3, 1, 2)) for a in (dy, x)]
    for threads in (1, 2, 3):
        set_threads(threads)
        dx, *sums = ops.conv2d_backward(*planes, kernel, data_format="channels_first", **options)
        assert_same_bits(dx.transpose(0, 2, 3, 1), expected[0], f"dx, {threads} threads")
        for name, ours, its in zip(("dkernel", "dbias"), sums, expected[1:], strict=True):
            assert_same_bits(ours, its, f"{name}, {threads} threads")

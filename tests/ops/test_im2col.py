# SPDX-License-Identifier: BSD-3-Clause
"""im2col copies exactly, col2im is its exact adjoint."""

import numpy as np
import pytest
from arrays import generator, integers
from compare import assert_same, assert_same_bits
from conv_cases import conv_case

from pyconv import ops, reference

CHUNKS, CASES_IN_CHUNK = 5, 60


def im2col_case(seed):
    """Return x, kernel_size, options of a generated convolution, without filters and groups."""
    case = conv_case(seed)
    options = {name: value for name, value in case.options.items() if name != "groups"}
    return integers(case.x_shape, case.dtype, seed), case.kernel_shape[:2], options, case.threads


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equals_reference(chunk, device, set_threads, exhaustive):
    count = CASES_IN_CHUNK * (10 if exhaustive else 1)
    for seed in device.some_of(list(range(chunk * count, (chunk + 1) * count))):
        x, kernel_size, options, threads = im2col_case(seed)
        set_threads(threads)
        col = reference.im2col(x, kernel_size, **options)
        got = ops.im2col(device(x), kernel_size, **options)
        assert_same_bits(device.host(got), col, f"im2col_case({seed})")
        dcol = integers(col.shape, col.dtype, "dcol", seed)
        dx = ops.col2im(device(dcol), x.shape, kernel_size, **options)
        expected = reference.col2im(dcol, x.shape, kernel_size, **options)
        assert_same(device.host(dx), expected, f"im2col_case({seed})")
        inner = [(a.astype(np.int64) * b).sum() for a, b in ((col, dcol), (x, expected))]
        assert inner[0] == inner[1]


def test_times_filters_is_the_convolution(data_format, dtype, device):
    x = integers((2, 6, 7, 3) if data_format == "channels_last" else (2, 3, 6, 7), dtype, 0)
    kernel = integers((3, 2, 3, 5), dtype, 1)
    col = device.host(ops.im2col(device(x), (3, 2), data_format=data_format))
    ordered = kernel if data_format == "channels_last" else np.moveaxis(kernel, 2, 0)
    y = (col @ ordered.reshape(-1, 5)).reshape(2, 4, 6, 5)
    if data_format == "channels_first":
        y = np.moveaxis(y, -1, 1)
    assert_same(np.ascontiguousarray(y), reference.conv2d(x, kernel, data_format=data_format))


def test_copies_every_bit(dtype, device):
    """NaN payloads, infinities, denormals and the sign of zeros travel unchanged."""
    bits = generator("bits").integers(0, 2**32, (1, 9, 17, 6 if dtype == "float32" else 12))
    x = bits.astype(np.uint32).view(dtype)
    col = device.host(ops.im2col(device(x), 1))
    assert col.tobytes() == x.tobytes()


@pytest.mark.parametrize("n", [1, 10])
def test_shape_as_in_the_book(n, device):
    x = np.zeros((n, 3, 7, 7), np.float64)
    col = ops.im2col(device(x), 5, data_format="channels_first")
    assert col.shape == (9 * n, 75)


@pytest.mark.parametrize(
    ("size", "options", "counts"),
    [
        (4, {}, [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]),
        (
            5,
            {"strides": 2, "padding": 1},
            [[1, 2, 1, 2, 1], [2, 4, 2, 4, 2], [1, 2, 1, 2, 1], [2, 4, 2, 4, 2], [1, 2, 1, 2, 1]],
        ),
    ],
)
def test_col2im_counts_the_windows_of_each_pixel(size, options, counts, dtype, device):
    ones = np.ones((1, size, size, 1), dtype)
    col = ops.im2col(device(ones), 3, **options)
    dx = device.host(ops.col2im(col, ones.shape, 3, **options))
    assert_same(dx[0, :, :, 0], np.array(counts, dtype))


def test_empty_batch(data_format, device):
    x = np.zeros((0, 4, 4, 4), np.float32)
    col = device.host(ops.im2col(device(x), 2, data_format=data_format))
    assert_same(col, np.zeros((0, 16), np.float32))
    dx = ops.col2im(device(col), x.shape, 2, data_format=data_format)
    assert_same(device.host(dx), x)


@pytest.mark.parametrize(
    "options", [{}, {"padding": 2, "dilation_rate": 2}, {"padding": 1, "strides": (1, 2)}], ids=str
)
def test_matrices_larger_than_the_caches_hold_every_pixel(options):
    x = np.random.default_rng(0).standard_normal((2, 81, 84, 112)).astype(np.float32)
    assert_same_bits(ops.im2col(x, 3, **options), reference.im2col(x, 3, **options), "im2col")

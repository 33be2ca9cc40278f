# SPDX-License-Identifier: BSD-3-Clause
"""Average pooling and its gradient: exact on whole numbers, padding counted only when asked for."""

import numpy as np
import pytest
import tolerances
from arrays import integers, normal, positive
from compare import assert_same, assert_same_bits, assert_within
from pool_cases import CASES_IN_CHUNK, CHUNKS, pool_case

from pyconv import ops, reference


@pytest.mark.parametrize("count_include_pad", [False, True])
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equals_reference(chunk, count_include_pad, device, set_threads, exhaustive):
    count = CASES_IN_CHUNK // 4 * (10 if exhaustive else 1)
    for seed in device.some_of(list(range(chunk * count, (chunk + 1) * count))):
        x, pool_size, options, threads = pool_case(seed)
        set_threads(threads)
        options["count_include_pad"] = count_include_pad
        expected = reference.avg_pool2d(x, pool_size, **options)
        context = f"pool_case({seed}): {x.shape}, {pool_size}, {options}"
        assert_same(device.host(ops.avg_pool2d(device(x), pool_size, **options)), expected, context)
        dy = integers(expected.shape, x.dtype, "dy", seed)
        dx = ops.avg_pool2d_backward(device(dy), x.shape, pool_size=pool_size, **options)
        shape = {"input_shape": x.shape, "pool_size": pool_size, **options}
        want = reference.avg_pool2d_backward(dy, **shape)
        size = reference.avg_pool2d_backward(np.abs(dy), **shape)
        assert_within(device.host(dx), want, tolerances.average(x.dtype) * size, context)


@pytest.mark.parametrize("kind", [normal, positive])
@pytest.mark.parametrize("pool_size", [(2, 2), (3, 3), (7, 40), (40, 41)])
def test_random_numbers_stay_within_the_bound(pool_size, kind, dtype, data_format, device):
    x = kind((1, 40, 41, 5), dtype, "x")
    (kh, kw), (oh, ow) = pool_size, (40 // pool_size[0], 41 // pool_size[1])
    tiles = x[:, : oh * kh, : ow * kw].reshape(1, oh, kh, ow, kw, 5).astype(np.longdouble)
    if data_format == "channels_first":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    y = device.host(ops.avg_pool2d(device(x), pool_size, data_format=data_format))
    y = y if data_format == "channels_last" else np.moveaxis(y, 1, -1)
    size = np.abs(tiles).mean((2, 4))
    assert_within(y, tiles.mean((2, 4)), tolerances.average(dtype) * size)


def test_gradient_is_the_adjoint(dtype, data_format, device):
    """<pool(x), dy> = <x, pool_backward(dy)>, exact where every count is a power of two."""
    shape = (2, 8, 12, 9) if data_format == "channels_last" else (2, 9, 8, 12)
    x = integers(shape, dtype, 0)
    options = {"pool_size": (2, 4), "strides": (1, 2), "data_format": data_format}
    y = device.host(ops.avg_pool2d(device(x), **options))
    dy = integers(y.shape, dtype, 1)
    dx = device.host(ops.avg_pool2d_backward(device(dy), x.shape, **options))
    assert (y.astype(np.float64) * dy).sum() == (x.astype(np.float64) * dx).sum()


def test_large_windows_go_in_stretches(dtype, data_format, device):
    """So much work that a row of windows is cut; the cut leaves no trace."""
    if not device.is_cpu:
        pytest.skip("the CPU's rows are cut")
    x = np.zeros((702, 717, 2), dtype)
    x[::7, ::5] = integers((101, 144, 2), dtype, 0)
    sums = np.pad(x, ((1, 1), (1, 1), (0, 0))).astype(np.float64).cumsum(0).cumsum(1)
    sums = np.pad(sums, ((1, 0), (1, 0), (0, 0)))
    i, j, k = 5, 20, 700  # rows and columns of windows, their size
    total = sums[k:, k:] - sums[:i, k:] - sums[k:, :j] + sums[:i, :j]
    rows, columns = (
        np.minimum(np.arange(count) + k, size + 1) - np.maximum(np.arange(count), 1)
        for count, size in ((i, 702), (j, 717))
    )
    expected = (total / (rows[:, None] * columns)[..., None]).astype(dtype)[None]
    images = x[None] if data_format == "channels_last" else np.moveaxis(x, -1, 0)[None]
    options = {"strides": 1, "padding": 1, "data_format": data_format}
    y = device.host(ops.avg_pool2d(device(images), k, **options))
    y = y if data_format == "channels_last" else np.moveaxis(y, 1, -1)
    assert_same(y, expected)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_their_windows_alone(value, dtype, data_format, device):
    x = np.ones((1, 4, 4, 17), dtype)
    x[0, 0, 1, 3] = value
    expected = np.ones((1, 2, 2, 17), dtype)
    expected[0, 0, 0, 3] = value
    if data_format == "channels_first":
        x, expected = (np.ascontiguousarray(np.moveaxis(a, -1, 1)) for a in (x, expected))
    assert_same(device.host(ops.avg_pool2d(device(x), data_format=data_format)), expected)


def test_both_layouts_give_the_same_bits(dtype, device):
    x = normal((2, 13, 11, 19), dtype, 0)
    first = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    options = {"pool_size": 3, "strides": 2, "padding": "same"}
    y = device.host(ops.avg_pool2d(device(x), **options))
    other = device.host(ops.avg_pool2d(device(first), data_format="channels_first", **options))
    assert_same_bits(np.moveaxis(other, 1, -1).copy(), y)
    dy = normal(y.shape, dtype, 1)
    dx = device.host(ops.avg_pool2d_backward(device(dy), x.shape, **options))
    dy = np.ascontiguousarray(np.moveaxis(dy, -1, 1))
    other = device.host(
        ops.avg_pool2d_backward(device(dy), first.shape, data_format="channels_first", **options)
    )
    assert_same_bits(np.moveaxis(other, 1, -1).copy(), dx)


def test_bits_do_not_depend_on_threads(dtype, data_format, device, set_threads):
    shape = (3, 41, 43, 20) if data_format == "channels_last" else (3, 20, 41, 43)
    x, options = normal(shape, dtype, 0), {"strides": 2, "data_format": data_format}
    dy = normal(reference.max_pool2d(x, 3, **options).shape, dtype, 1)
    results = []
    for count in (1, 2, 3, 7):
        set_threads(count)
        y = ops.avg_pool2d(device(x), 3, **options)
        dx = ops.avg_pool2d_backward(device(dy), x.shape, pool_size=3, **options)
        results.append(device.host((y, dx)))
        assert_same_bits(results[-1], results[0], f"{count} threads")


def test_empty_batch(dtype, data_format, device):
    x = np.zeros((0, 6, 6, 6), dtype)
    y = ops.avg_pool2d(device(x), data_format=data_format)
    assert device.host(y).shape[0] == 0
    assert_same(device.host(ops.avg_pool2d_backward(y, x.shape, data_format=data_format)), x)

# SPDX-License-Identifier: BSD-3-Clause
"""Min pooling and its gradient: exact, NaN wins, ties go to the first, offsets are checked."""

import numpy as np
import pytest
from arrays import integers, normal
from compare import assert_same, assert_same_bits
from pool_cases import CASES_IN_CHUNK, CHUNKS, pool_case

from pyconv import ops, reference


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equals_reference(chunk, device, set_threads, exhaustive):
    count = CASES_IN_CHUNK // 4 * (10 if exhaustive else 1)
    for seed in device.some_of(list(range(chunk * count, (chunk + 1) * count))):
        x, pool_size, options, threads = pool_case(seed)
        set_threads(threads)
        expected = reference.min_pool2d_with_argmin(x, pool_size, **options)
        got = ops.min_pool2d_with_argmin(device(x), pool_size, **options)
        context = f"pool_case({seed}): {x.shape}, {pool_size}, {options}"
        assert_same_bits(device.host(got), expected, context)
        y = device.host(ops.min_pool2d(device(x), pool_size, **options))
        assert_same_bits(y, expected[0], context)
        dy = integers(y.shape, y.dtype, "dy", seed)
        dx = ops.min_pool2d_backward(
            device(dy), device(expected[1]), x.shape, pool_size=pool_size, **options
        )
        want = reference.min_pool2d_backward(
            dy, expected[1], x.shape, pool_size=pool_size, **options
        )
        assert_same(device.host(dx), want, context)
        assert want.sum() == dy.sum()


@pytest.mark.parametrize("channels", [1, 4, 8, 17])
def test_is_the_largest_pixel_of_the_negative(channels, dtype, data_format, device):
    x = normal((2, 7, 6, channels), dtype, channels)
    if data_format == "channels_first":
        x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    options = {"strides": 2, "padding": 1, "data_format": data_format, "ceil_mode": True}
    y, argmin = ops.min_pool2d_with_argmin(device(x), 3, **options)
    negative, argmax = ops.max_pool2d_with_argmax(device(-x), 3, **options)
    assert_same_bits(device.host((y, argmin)), (-device.host(negative), device.host(argmax)))


@pytest.mark.parametrize("channels", [1, 3, 8, 17])
def test_nan_wins_from_every_position(channels, dtype, data_format, device):
    for position in range(9):
        x = normal((1, 3, 3, channels), dtype, channels)
        x[0, position // 3, position % 3] = np.nan
        x[0, 2, 2] = np.nan
        if data_format == "channels_first":
            x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
        y, argmin = device.host(ops.min_pool2d_with_argmin(device(x), 3, data_format=data_format))
        assert np.isnan(y).all()
        assert (argmin == position).all()


@pytest.mark.parametrize("value", [np.inf, 1.0, 3.4e38])
def test_padding_never_wins(value, dtype, data_format, device):
    shape = (2, 5, 5, 17) if data_format == "channels_last" else (2, 17, 5, 5)
    x = np.full(shape, value, dtype)
    options = {"strides": 2, "padding": 1, "data_format": data_format}
    got = device.host(ops.min_pool2d_with_argmin(device(x), 3, **options))
    assert_same_bits(got, reference.min_pool2d_with_argmin(x, 3, **options))
    assert_same(got[0], np.full(got[0].shape, value, dtype))


@pytest.mark.parametrize("offset", [4, 255])
def test_refuses_offsets_outside_the_window(offset, device):
    dy = np.ones((2, 3, 3, 5), np.float32)
    argmin = np.zeros(dy.shape, np.uint8)
    argmin.reshape(-1)[7] = offset
    with pytest.raises(ValueError, match=rf"min_pool2d_backward: argmin.flat\[7\]={offset}"):
        ops.min_pool2d_backward(device(dy), device(argmin), (2, 6, 6, 5))

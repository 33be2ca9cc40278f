# SPDX-License-Identifier: BSD-3-Clause
"""Max pooling and its gradient: exact, NaN wins, ties go to the first, offsets are checked."""

import numpy as np
import pytest
from arrays import generator, integers, normal
from compare import assert_same, assert_same_bits
from pool_cases import CASES_IN_CHUNK, CHUNKS, pool_case

from pyconv import ops, reference


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_equals_reference(chunk, device, set_threads, exhaustive):
    count = CASES_IN_CHUNK * (10 if exhaustive else 1)
    for seed in device.some_of(list(range(chunk * count, (chunk + 1) * count))):
        x, pool_size, options, threads = pool_case(seed)
        set_threads(threads)
        expected = reference.max_pool2d_with_argmax(x, pool_size, **options)
        got = ops.max_pool2d_with_argmax(device(x), pool_size, **options)
        context = f"pool_case({seed}): {x.shape}, {pool_size}, {options}"
        assert_same_bits(device.host(got), expected, context)
        y = device.host(ops.max_pool2d(device(x), pool_size, **options))
        assert_same_bits(y, expected[0], context)
        dy = integers(y.shape, y.dtype, "dy", seed)
        dx = ops.max_pool2d_backward(
            device(dy), device(expected[1]), x.shape, pool_size=pool_size, **options
        )
        want = reference.max_pool2d_backward(
            dy, expected[1], x.shape, pool_size=pool_size, **options
        )
        assert_same(device.host(dx), want, context)
        assert want.sum() == dy.sum()


@pytest.mark.parametrize("size", range(1, 10))
def test_every_window_size_and_stride(size, dtype, device):
    x = integers((1, 9, 9, 3), dtype, size)
    for stride in range(1, 11):
        for ceil_mode in (False, True):
            options = {"strides": stride, "padding": (size - 1) // 2, "ceil_mode": ceil_mode}
            got = ops.max_pool2d_with_argmax(device(x), size, **options)
            expected = reference.max_pool2d_with_argmax(x, size, **options)
            assert_same(device.host(got), expected, (size, options))


@pytest.mark.parametrize("channels", range(1, 18))
def test_nan_wins_from_every_position(channels, dtype, data_format, device):
    for position in range(9):
        x = normal((1, 3, 3, channels), dtype, channels)
        x[0, position // 3, position % 3] = np.nan
        x[0, 2, 2] = np.nan
        if data_format == "channels_first":
            x = np.ascontiguousarray(np.moveaxis(x, -1, 1))
        y, argmax = device.host(ops.max_pool2d_with_argmax(device(x), 3, data_format=data_format))
        assert np.isnan(y).all()
        assert (argmax == position).all()
        plain = device.host(ops.max_pool2d(device(x), 3, data_format=data_format))
        assert np.isnan(plain).all()


@pytest.mark.parametrize("value", [-np.inf, np.nan, -1.0, -3.4e38])
def test_padding_never_wins(value, dtype, data_format, device):
    """Windows of nothing but -inf, NaN or negative numbers keep them, at a pixel of the image."""
    shape = (2, 5, 5, 17) if data_format == "channels_last" else (2, 17, 5, 5)
    x = np.full(shape, value, dtype)
    options = {"strides": 2, "padding": 1, "data_format": data_format}
    y, argmax = ops.max_pool2d_with_argmax(device(x), 3, **options)
    expected = reference.max_pool2d_with_argmax(x, 3, **options)
    assert_same_bits(device.host((y, argmax)), expected)
    assert_same(expected[0], np.full(expected[0].shape, value, dtype))
    dx = ops.max_pool2d_backward(y, argmax, x.shape, pool_size=3, **options)
    assert device.host(dx).shape == x.shape


@pytest.mark.parametrize("channels", [1, 4, 8, 17])
def test_of_equals_the_first_wins(channels, dtype, device):
    zeros = np.zeros((1, 2, 4, channels), dtype)
    zeros[0, 0, 0], zeros[0, 0, 2] = -0.0, 0.0
    zeros[0, 1] = -0.0
    y, argmax = device.host(ops.max_pool2d_with_argmax(device(zeros), 2))
    assert (argmax == 0).all()
    assert np.signbit(y[0, 0, 0]).all()
    assert not np.signbit(y[0, 0, 1]).any()
    dx = device.host(ops.max_pool2d_backward(device(np.ones_like(y)), device(argmax), zeros.shape))
    assert_same(dx[0, :, :, 0], np.array([[1, 0, 1, 0], [0, 0, 0, 0]], dtype))


def test_large_windows_have_wide_offsets(dtype, device):
    x = integers((1, 40, 20, 3), dtype, 0)
    x[0, 33, 13] = 100
    for size, kind in ((16, np.uint8), ((16, 17), np.int32), ((40, 20), np.int32)):
        got = ops.max_pool2d_with_argmax(device(x), size, strides=1)
        expected = reference.max_pool2d_with_argmax(x, size, strides=1)
        assert expected[1].dtype == kind
        assert_same(device.host(got), expected)
        dx = ops.max_pool2d_backward(*got, x.shape, pool_size=size, strides=1)
        want = reference.max_pool2d_backward(*expected, x.shape, pool_size=size, strides=1)
        assert_same(device.host(dx), want)


@pytest.mark.parametrize(
    "shape", [(2, 9, 10, 64), (1, 12, 13, 32), (2, 3, 2, 16), (1, 2, 3, 8), (1, 3, 7401, 64)]
)
@pytest.mark.parametrize("padding", [0, 1])
def test_windows_of_three_two_apart_share_their_borders(shape, padding, dtype, device):
    if min(shape[1:3]) + 2 * padding < 3:
        pytest.skip("no window fits")
    x = integers(shape, dtype, 0)
    for options in [{}, {"ceil_mode": True}]:
        options = {"strides": 2, "padding": padding, **options}
        y, argmax = reference.max_pool2d_with_argmax(x, 3, **options)
        dy = integers(y.shape, dtype, "dy", 1)
        want = reference.max_pool2d_backward(dy, argmax, shape, pool_size=3, **options)
        dx = ops.max_pool2d_backward(device(dy), device(argmax), shape, pool_size=3, **options)
        assert_same(device.host(dx), want, f"{shape}, {options}")


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    x = normal((3, 41, 43, 20), dtype, 0)
    y = reference.max_pool2d(x, 3, strides=2)
    dy = normal(y.shape, dtype, 1)
    results = []
    for count in (1, 1, 2, 3, 7):
        set_threads(count)
        got = ops.max_pool2d_with_argmax(device(x), 3, strides=2)
        dx = ops.max_pool2d_backward(device(dy), got[1], x.shape, pool_size=3, strides=2)
        results.append(device.host((*got, dx)))
        assert_same_bits(results[-1], results[0], f"{count} threads")


BAD_OFFSETS = [4, 5, 255]
WIDE_BAD_OFFSETS = [-1, 17 * 17, 10**9, -(10**9), 2**31 - 1, -(2**31)]


@pytest.mark.parametrize("offset", BAD_OFFSETS)
@pytest.mark.parametrize("position", [0, 7, -1])
def test_refuses_offsets_outside_the_window(offset, position, device):
    dy = np.ones((2, 3, 3, 5), np.float32)
    argmax = np.zeros(dy.shape, np.uint8)
    argmax.reshape(-1)[position] = offset
    at = position % argmax.size
    with pytest.raises(ValueError, match=rf"max_pool2d_backward: argmax.*{at}.*{offset}"):
        ops.max_pool2d_backward(device(dy), device(argmax), (2, 6, 6, 5))


@pytest.mark.parametrize("offset", WIDE_BAD_OFFSETS)
def test_refuses_wide_offsets_outside_the_window(offset, device):
    dy = np.ones((1, 2, 2, 3), np.float32)
    argmax = np.zeros(dy.shape, np.int32)
    argmax[0, 1, 0, 2] = offset
    with pytest.raises(ValueError, match=rf"max_pool2d_backward: argmax.*8.*{offset}"):
        ops.max_pool2d_backward(device(dy), device(argmax), (1, 34, 34, 3), pool_size=17)


def test_refuses_offsets_into_the_padding(data_format, device):
    options = {"pool_size": 3, "strides": 2, "padding": 1, "data_format": data_format}
    shape = (1, 5, 5, 1) if data_format == "channels_last" else (1, 1, 5, 5)
    _, argmax = reference.max_pool2d_with_argmax(np.zeros(shape, np.float32), 3, **{
        name: value for name, value in options.items() if name != "pool_size"
    })  # fmt: skip
    dy = np.ones(argmax.shape, np.float32)
    for offset in (0, 1, 2, 3, 6):
        argmax.reshape(-1)[0] = offset  # above or left of the first window's pixels
        with pytest.raises(ValueError, match="max_pool2d_backward: argmax"):
            ops.max_pool2d_backward(device(dy), device(argmax), shape, **options)


def test_of_several_bad_offsets_the_first_is_named(device, threads):
    dy = np.ones((8, 20, 20, 16), np.float32)
    argmax = np.zeros(dy.shape, np.uint8)
    argmax.reshape(-1)[[12345, 40000, 51199]] = 200
    with pytest.raises(ValueError, match=r"12345"):
        ops.max_pool2d_backward(device(dy), device(argmax), (8, 40, 40, 16))


def test_checked_offsets_are_used(device):
    """Offsets need not be the true maxima, only inside: the caller may hand back others."""
    argmax = generator("offsets").integers(0, 4, (2, 4, 4, 9)).astype(np.uint8)
    dy = integers(argmax.shape, "float32", 0)
    dx = ops.max_pool2d_backward(device(dy), device(argmax), (2, 9, 9, 9))
    assert_same(device.host(dx), reference.max_pool2d_backward(dy, argmax, (2, 9, 9, 9)))


def test_empty_batch(dtype, data_format, device):
    x = np.zeros((0, 6, 6, 6), dtype)
    y, argmax = ops.max_pool2d_with_argmax(device(x), data_format=data_format)
    assert device.host(y).size == 0
    dx = ops.max_pool2d_backward(y, argmax, x.shape, data_format=data_format)
    assert_same(device.host(dx), x)

# SPDX-License-Identifier: BSD-3-Clause
"""Resizing and its adjoint: half-pixel centres, no antialiasing, edges repeated."""

import numpy as np
import pytest
import tolerances
from arrays import integers, normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

SIZES = [
    ((1, 1), (3, 4)),
    ((4, 5), (8, 10)),
    ((5, 3), (1, 1)),
    ((7, 9), (3, 4)),
    ((3, 4), (7, 9)),
    ((6, 6), (6, 6)),
    ((2, 9), (11, 2)),
    ((17, 1), (5, 70)),
]
CHANNELS = (1, 3, 4, 17, 65)


def layout(n, size, c, data_format):
    return (n, *size, c) if data_format == "channels_last" else (n, c, *size)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
@pytest.mark.parametrize(("before", "after"), SIZES)
def test_equals_reference(before, after, interpolation, dtype, data_format, device, set_threads):
    options = {"interpolation": interpolation, "data_format": data_format}
    for threads, c in enumerate(CHANNELS[:2] if device.name == "simt" else CHANNELS, 1):
        set_threads(threads)
        x = normal(layout(2, before, c, data_format), dtype, c)
        y = device.host(ops.resize(device(x), after, **options))
        want = reference.resize(x, after, **options)
        bound = tolerances.sample(dtype)
        assert_within(y, want, bound * reference.resize(np.abs(x), after, **options))
        dy = normal(y.shape, dtype, "dy", c)
        dx = device.host(ops.resize_backward(device(dy), x.shape, **options))
        want = reference.resize_backward(dy, x.shape, **options)
        size = reference.resize_backward(np.abs(dy), x.shape, **options)
        assert_within(dx, want, bound * size)
        if interpolation == "nearest":
            assert_same(y, reference.resize(x, after, **options))


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_doubling_is_exact(interpolation, dtype, data_format, device):
    """The weights are quarters, so whole numbers stay exact, and so does the adjoint identity."""
    x = integers(layout(2, (5, 6), 9, data_format), dtype, 0)
    options = {"interpolation": interpolation, "data_format": data_format}
    y = device.host(ops.resize(device(x), (10, 12), **options))
    assert_same(y, reference.resize(x, (10, 12), **options))
    dy = integers(y.shape, dtype, 1)
    dx = device.host(ops.resize_backward(device(dy), x.shape, **options))
    assert_same(dx, reference.resize_backward(dy, x.shape, **options))
    assert (y.astype(np.float64) * dy).sum() == (x.astype(np.float64) * dx).sum()


def test_by_hand(dtype, device):
    x = np.array([1, 3], dtype).reshape(1, 1, 2, 1)
    y = device.host(ops.resize(device(x), (1, 4)))
    assert y.ravel().tolist() == [1, 1.5, 2.5, 3]
    y = device.host(ops.resize(device(x), (1, 5), interpolation="nearest"))
    assert y.ravel().tolist() == [1, 1, 3, 3, 3]


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_the_same_size_keeps_every_bit(interpolation, dtype, data_format, device):
    x = normal(layout(1, (4, 5), 5, data_format), dtype, 0)
    x.reshape(-1)[:3] = np.nan, np.inf, -0.0
    options = {"interpolation": interpolation, "data_format": data_format}
    size = x.shape[2:] if data_format == "channels_first" else x.shape[1:3]
    y = device.host(ops.resize(device(x), size, **options))
    assert_same(y, x)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_bits_depend_on_neither_threads_nor_layout(interpolation, dtype, device, set_threads):
    x, dy = normal((3, 21, 23, 70), dtype, 0), normal((3, 34, 15, 70), dtype, 1)
    results = []
    for data_format in ("channels_last", "channels_first"):
        options = {"interpolation": interpolation, "data_format": data_format}
        first = data_format == "channels_first"
        image, gradient = (np.moveaxis(a, -1, 1) if first else a for a in (x, dy))
        for count in (1, 3) if device.is_cpu else (1,):
            set_threads(count)
            y = device.host(ops.resize(device(image), (34, 15), **options))
            dx = device.host(ops.resize_backward(device(gradient), image.shape, **options))
            last = tuple(np.moveaxis(a, 1, -1).copy() if first else a for a in (y, dx))
            results.append(last)
            assert_same_bits(last, results[0], f"{data_format}, {count} threads")


def test_empty_batch(dtype, data_format, device):
    x = np.zeros(layout(0, (4, 5), 3, data_format), dtype)
    y = ops.resize(device(x), (8, 9), data_format=data_format)
    assert device.host(y).shape == layout(0, (8, 9), 3, data_format)
    dx = ops.resize_backward(y, x.shape, data_format=data_format)
    assert_same(device.host(dx), x)


@pytest.mark.parametrize("value", [255.0, -0.1, 1e-40, np.inf])
def test_a_picture_of_one_colour_keeps_it(value, dtype, data_format, device):
    if device.name in ("simt", "cuda"):
        pytest.skip("the CUDA kernel sums four weighted pixels; one colour may lose a bit")
    for c in CHANNELS:
        x = np.full(layout(1, (17, 29), c, data_format), value, dtype)
        for size in ((7, 11), (40, 31)):
            y = device.host(ops.resize(device(x), size, data_format=data_format))
            assert (y == x.flat[0]).all()

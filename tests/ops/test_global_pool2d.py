# SPDX-License-Identifier: BSD-3-Clause
"""Global pooling and its gradients: one number for every channel of every image."""

import numpy as np
import pytest
import tolerances
from arrays import integers, normal, positive
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

SHAPES = [(2, 7, 7, 33), (1, 1, 1, 1), (3, 16, 16, 1), (2, 17, 16, 5), (1, 1, 40, 9), (0, 4, 4, 3)]


def layout(shape, data_format):
    n, h, w, c = shape
    return shape if data_format == "channels_last" else (n, c, h, w)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_equals_reference(shape, keepdims, dtype, data_format, device):
    x = integers(layout(shape, data_format), dtype, 0)
    options = {"keepdims": keepdims, "data_format": data_format}
    y = ops.global_avg_pool2d(device(x), **options)
    assert_same(device.host(y), reference.global_avg_pool2d(x, **options))
    best = ops.global_max_pool2d_with_argmax(device(x), **options)
    expected = reference.global_max_pool2d_with_argmax(x, **options)
    assert_same(device.host(best), expected)
    assert_same(device.host(ops.global_max_pool2d(device(x), **options)), expected[0])
    dy = integers(y.shape, dtype, 1)
    dx = ops.global_avg_pool2d_backward(device(dy), x.shape, **options)
    assert_same(device.host(dx), reference.global_avg_pool2d_backward(dy, x.shape, **options))
    dx = ops.global_max_pool2d_backward(device(dy), best[1], x.shape, **options)
    want = reference.global_max_pool2d_backward(dy, expected[1], x.shape, **options)
    assert_same(device.host(dx), want)


@pytest.mark.parametrize("kind", [normal, positive])
def test_random_means_stay_within_the_bound(kind, dtype, data_format, device):
    x = kind(layout((2, 50, 60, 5), data_format), dtype, 0)
    y = device.host(ops.global_avg_pool2d(device(x), data_format=data_format))
    axes, wide = (1, 2) if data_format == "channels_last" else (2, 3), x.astype(np.longdouble)
    size = np.abs(wide).mean(axes)
    assert_within(y, wide.mean(axes), tolerances.average(dtype) * size)


def test_bits_do_not_depend_on_threads_or_layout(dtype, device, set_threads):
    x = normal((3, 21, 23, 20), dtype, 0)
    first = np.ascontiguousarray(np.moveaxis(x, -1, 1))
    results = []
    for count in (1, 2, 3, 7):
        set_threads(count)
        results.append(device.host(ops.global_avg_pool2d(device(x))))
        results.append(
            device.host(ops.global_avg_pool2d(device(first), data_format="channels_first"))
        )
        assert_same_bits(results[-2:], [results[0]] * 2, f"{count} threads")


def test_nan_wins_and_of_equals_the_first(dtype, device):
    x = np.zeros((1, 3, 3, 2), dtype)
    x[0, 1, 2, 1] = x[0, 2, 2, 1] = np.nan
    y, argmax = device.host(ops.global_max_pool2d_with_argmax(device(x)))
    assert_same(y, np.array([[0, np.nan]], dtype))
    assert argmax.tolist() == [[0, 5]]


@pytest.mark.parametrize("offset", [9, 255])
def test_refuses_offsets_outside_the_image(offset, device):
    dy, argmax = np.ones((2, 4), np.float32), np.zeros((2, 4), np.uint8)
    argmax[1, 1] = offset
    match = rf"global_max_pool2d_backward: argmax.flat\[5\]={offset}; must be an offset"
    with pytest.raises(ValueError, match=match):
        ops.global_max_pool2d_backward(device(dy), device(argmax), (2, 3, 3, 4))

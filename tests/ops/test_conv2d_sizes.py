# SPDX-License-Identifier: BSD-3-Clause
"""Convolutions that sizes send other ways: large results, few pixels that meet many filters."""

import numpy as np
import pytest
from arrays import integers, normal
from compare import assert_same, assert_same_bits

from pyconv import ops, reference

# x.shape, kernel.shape, options; each has 24 MB of float32 results or more: rows that end with a
# cache line and rows that do not, one tap, a stride, sums of two blocks.
LARGE = [
    ((1, 330, 320, 3), (3, 3, 3, 64), {"padding": 1}),
    ((2, 301, 333, 3), (3, 3, 3, 32), {}),
    ((1, 330, 331, 2), (3, 2, 2, 60), {"padding": ((1, 0), (0, 2))}),
    ((3, 181, 180, 16), (1, 1, 16, 64), {}),
    ((1, 650, 640, 2), (3, 3, 2, 64), {"padding": 1, "strides": 2}),
    ((1, 330, 320, 11), (5, 5, 11, 64), {"padding": 2}),
]
# Sums of blocks of one tap and of several, pixels that many taps miss, panels cut short, dilation,
# groups.
FEW_PIXELS = [
    ((2, 14, 13, 300), (3, 3, 300, 320), {"padding": 1, "strides": 2}),
    ((3, 9, 8, 128), (3, 3, 128, 250), {"padding": "same"}),
    ((1, 12, 12, 96), (5, 5, 96, 130), {"padding": 4, "strides": (1, 2)}),
    ((2, 9, 9, 512), (3, 3, 256, 260), {"padding": 2, "dilation_rate": 2, "groups": 2}),
]


def layouts(x):
    """Return an image batch in both layouts."""
    return {"channels_last": x, "channels_first": np.ascontiguousarray(x.transpose(0, 3, 1, 2))}


@pytest.mark.parametrize(("shape", "kernel_shape", "options"), LARGE)
def test_large_results_equal_the_matrix_product(shape, kernel_shape, options, device):
    if not device.is_cpu:
        pytest.skip("the CPU's caches")
    x, kernel = integers(shape, "float32", 0), integers(kernel_shape, "float32", 1)
    bias = integers(kernel_shape[3:], "float32", 2)
    expected = ops.conv2d(x, kernel, bias, algorithm="im2col", activation="relu", **options)
    for data_format, given in layouts(x).items():
        form = {"data_format": data_format, "algorithm": "direct", "activation": "relu"}
        y = ops.conv2d(given, kernel, bias, **form, **options)
        last = y if data_format == "channels_last" else y.transpose(0, 2, 3, 1)
        assert np.array_equal(last, expected), data_format


@pytest.mark.parametrize(("shape", "kernel_shape", "options"), FEW_PIXELS)
def test_few_pixels_that_meet_many_filters_equal_the_reference(
    shape, kernel_shape, options, dtype, device
):
    if not device.is_cpu:
        pytest.skip("the CPU's caches")
    x, kernel = integers(shape, dtype, 0), integers(kernel_shape, dtype, 1)
    y = ops.conv2d(x, kernel, algorithm="direct", **options)
    assert_same(y, reference.conv2d(x, kernel, **options))


def test_few_pixels_have_the_same_bits_alone_and_in_a_batch(device):
    if not device.is_cpu:
        pytest.skip("the CPU's order of sums")
    options = {"padding": 1, "strides": 2, "algorithm": "direct"}
    x, kernel = normal((40, 14, 14, 256), "float32", 0), normal((3, 3, 256, 256), "float32", 1)
    y = ops.conv2d(x, kernel, **options)
    for some in (slice(0, 1), slice(5, 9)):
        assert_same_bits(ops.conv2d(x[some], kernel, **options), y[some])


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_infinite_filters_meet_the_padding_of_few_pixels_as_nan(bad, device):
    if not device.is_cpu:
        pytest.skip("the CPU's caches")
    x, kernel = np.ones((3, 8, 8, 256), "float32"), np.ones((3, 3, 256, 256), "float32")
    kernel[1, 2, 7, 70] = bad
    y = ops.conv2d(x, kernel, padding=1, algorithm="direct")
    assert np.isnan(y[:, :, -1, 70]).all()
    assert (y[:, :, :-1, 70] == bad).all() or np.isnan(bad)
    assert np.isfinite(y[..., :70]).all()
    assert np.isfinite(y[..., 71:]).all()


@pytest.mark.parametrize(
    ("shape", "kernel_shape", "options"),
    [
        ((1, 256, 256, 32), (3, 3, 32, 16), {"algorithm": "im2col", "padding": 1}),
        ((1, 32, 32, 32), (3, 3, 32, 16), {"padding": 200}),
    ],
)
def test_gradients_of_kernels_sum_over_blocks_of_a_large_matrix(
    shape, kernel_shape, options, device
):
    if not device.is_cpu:
        pytest.skip("the CPU's im2col")
    x, kernel = integers(shape, "float32", 0), np.zeros(kernel_shape, np.float32)
    dy = integers(ops.conv2d(x, kernel, **options).shape, "float32", 1)
    found = ops.conv2d_backward(dy, x, kernel, needs=("kernel",), **options)[1]
    # Windows that meet zeros alone add nothing.
    extra = max(0, options["padding"] - 2)
    inside = dy[:, extra : dy.shape[1] - extra, extra : dy.shape[2] - extra]
    options = {"padding": options["padding"] - extra, "algorithm": "direct"}
    inside = np.ascontiguousarray(inside)
    expected = ops.conv2d_backward(inside, x, kernel, needs=("kernel",), **options)[1]
    assert_same(found, expected)

# SPDX-License-Identifier: BSD-3-Clause
"""Direct convolution in batches leaves out taps that meet padding alone: nobody can tell."""

import numpy as np
import pytest
from arrays import integers, normal
from compare import assert_same, assert_same_bits

from pyconv import ops, reference

BATCH = 20  # enough pixels at each border to be worth products of their own; one image's are not
# x.shape of an image, kernel, options: padding on some sides, wider than the window, strided away,
# dilated, grouped; lines that no tap reaches.
GEOMETRIES = [
    ((5, 6, 3), (3, 3, 3, 9), {"padding": 1}),
    ((7, 5, 4), (5, 3, 4, 17), {"padding": ((0, 4), (2, 1))}),
    ((6, 7, 2), (3, 4, 2, 5), {"padding": 2, "strides": 2}),
    ((9, 8, 3), (3, 3, 3, 6), {"padding": 3, "dilation_rate": (2, 3)}),
    ((4, 4, 6), (3, 3, 3, 8), {"padding": "same", "groups": 2}),
    ((2, 3, 5), (3, 3, 5, 4), {"padding": 5, "strides": (1, 2)}),
    ((3, 3, 300), (2, 2, 300, 7), {"padding": 1}),
    ((1, 1, 2), (7, 7, 2, 3), {"padding": 3}),
    ((1, 1, 1), (24, 24, 1, 9), {"padding": 23}),
]


@pytest.mark.parametrize(("image", "kernel_shape", "options"), GEOMETRIES)
def test_batches_equal_the_reference(image, kernel_shape, options, dtype, data_format, device):
    options = {"data_format": data_format, **options}
    shape = (BATCH, image[2], *image[:2]) if data_format == "channels_first" else (BATCH, *image)
    x, kernel = integers(shape, dtype, 0), integers(kernel_shape, dtype, 1)
    y = reference.conv2d(x, kernel, **options)
    dy = integers(y.shape, dtype, 2)
    given = device(x), device(kernel)
    assert_same(device.host(ops.conv2d(*given, algorithm="direct", **options)), y)
    got = ops.conv2d_backward(device(dy), *given, algorithm="direct", **options)
    assert_same(device.host(got), reference.conv2d_backward(dy, x, kernel, **options))


@pytest.mark.parametrize(("image", "kernel_shape", "options"), GEOMETRIES)
def test_an_image_has_the_same_bits_alone_and_in_a_batch(image, kernel_shape, options, device):
    if not device.is_cpu:
        pytest.skip("the CPU's order of sums")
    options = {"algorithm": "direct", **options}
    x, kernel = normal((BATCH, *image), "float32", 0), normal(kernel_shape, "float32", 1)
    y = ops.conv2d(x, kernel, **options)
    dy = normal(y.shape, "float32", 2)
    dx = ops.conv2d_backward(dy, x, kernel, needs=("x",), **options)[0]
    for i in range(BATCH):
        one, its = slice(i, i + 1), options | {"needs": ("x",)}
        assert_same_bits(ops.conv2d(x[one], kernel, **options), y[one])
        assert_same_bits(ops.conv2d_backward(dy[one], x[one], kernel, **its)[0], dx[one])


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_weights_that_are_not_finite_meet_padding_as_nan(bad, dtype, device):
    x, kernel = np.ones((BATCH, 3, 3, 1), dtype), np.ones((3, 3, 1, 1), dtype)
    kernel[0, 0] = bad
    y = device.host(ops.conv2d(device(x), device(kernel), padding=1, algorithm="direct"))
    expected = np.full((BATCH, 3, 3, 1), np.nan, dtype)
    expected[:, 1:, 1:] = bad
    assert_same(y, expected)

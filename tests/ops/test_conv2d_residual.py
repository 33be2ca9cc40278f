# SPDX-License-Identifier: BSD-3-Clause
"""Convolutions that end with a residual: the bits of the sum and the activation made apart."""

import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops
from pyconv.geometry import Window
from pyconv.ops.conv2d import convolve

# images, pixels, channels, filters, kernel, padding: in tiles, in few pixels, by Winograd
SHAPES = [(2, 7, 64, 70, 1, 0), (1, 3, 9, 20, 3, 1), (2, 9, 33, 40, 3, 1), (1, 1, 300, 1000, 1, 0)]


@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col"])
@pytest.mark.parametrize("activation", [None, "relu", "relu6", "sigmoid"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("shape", SHAPES)
def test_has_the_bits_of_the_ops_one_by_one(
    shape, data_format, activation, algorithm, dtype, device
):
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    n, h, c, f, k, padding = shape
    size = (n, h, h, c) if data_format == "channels_last" else (n, c, h, h)
    x, kernel, bias = (
        normal(size, dtype, 0),
        normal((k, k, c, f), dtype, 1),
        normal((f,), dtype, 2),
    )
    plain = ops.conv2d(
        x, kernel, bias, padding=padding, data_format=data_format, algorithm=algorithm
    )
    residual = normal(plain.shape, dtype, 3)
    expected = plain + residual
    if activation is not None:
        expected = getattr(ops, activation)(expected)
    window = Window.conv("conv2d", x.shape, kernel.shape, 1, padding, 1, 1, data_format)
    found = convolve("conv2d", window, x, kernel, bias, activation, algorithm, residual=residual)
    assert_same_bits(found, expected)


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_groups_take_their_part_of_the_residual(groups, dtype, device):
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    x, kernel = normal((2, 5, 5, 6), dtype, 0), normal((3, 3, 6 // groups, 12), dtype, 1)
    plain = ops.conv2d(x, kernel, groups=groups, strides=2)
    residual = normal(plain.shape, dtype, 2).transpose(0, 2, 1, 3)
    window = Window.conv("conv2d", x.shape, kernel.shape, 2, "valid", 1, groups, "channels_last")
    found = convolve("conv2d", window, x, kernel, None, None, residual=residual)
    assert_same_bits(found, plain + residual)

# SPDX-License-Identifier: BSD-3-Clause
"""Kernels kept ready for direct convolutions, and 1x1 convolutions: the bits of the plain ones."""

import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops
from pyconv.geometry import Window
from pyconv.ops.conv2d import convolve
from pyconv.ops.prepared_kernel import PreparedKernel

# x.shape, kernel.shape, strides, groups: one tap and several, sums of one to five blocks, panels
# cut short, a filter that is one panel, a few pixels and many.
SHAPES = [
    ((1, 7, 7, 300), (1, 1, 300, 150), 1, 1),
    ((2, 14, 14, 40), (1, 1, 40, 64), 1, 1),
    ((3, 9, 8, 1100), (1, 1, 1100, 200), 2, 1),
    ((1, 1, 1, 20), (1, 1, 20, 1000), 1, 1),
    ((2, 12, 11, 24), (1, 1, 8, 36), 1, 3),
    ((1, 15, 15, 3), (3, 3, 3, 32), 2, 1),
    ((2, 5, 5, 16), (3, 3, 8, 72), 1, 2),
]


def window(x, kernel, strides, groups, data_format="channels_last"):
    return Window.conv("test", x.shape, kernel.shape, strides, "valid", 1, groups, data_format)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize(("x_shape", "kernel_shape", "strides", "groups"), SHAPES)
def test_kernels_kept_ready_give_the_same_bits(
    x_shape, kernel_shape, strides, groups, data_format, dtype, device
):
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    n, h, w, c = x_shape
    x = normal(x_shape if data_format == "channels_last" else (n, c, h, w), dtype, 0)
    kernel, bias = normal(kernel_shape, dtype, 1), normal(kernel_shape[3:], dtype, 2)
    whole, kept = window(x, kernel, strides, groups, data_format), PreparedKernel()
    assert kept.form(kernel, 0, whole) is None
    ready = kept.form(kernel, 0, whole)
    assert ready is not None
    once = convolve("test", whole, x, kernel, bias, "relu")
    assert_same_bits(convolve("test", whole, x, kernel, bias, "relu", "auto", ready), once)


@pytest.mark.parametrize("case", [SHAPES[0], SHAPES[2], SHAPES[3], SHAPES[4]])
def test_one_tap_has_the_bits_of_the_matrix_product(case, dtype, device, threads):
    x_shape, kernel_shape, strides, groups = case
    x, kernel = normal(x_shape, dtype, 0), normal(kernel_shape, dtype, 1)
    options = {"strides": strides, "groups": groups}
    if device.is_cpu:
        product = ops.conv2d(x, kernel, algorithm="im2col", **options)
        assert_same_bits(ops.conv2d(x, kernel, **options), product)

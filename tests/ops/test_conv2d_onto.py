# SPDX-License-Identifier: BSD-3-Clause
"""Gradients of images added where others lie: the bits of the sum made apart."""

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import ops

# images, pixels, channels, filters, kernel, padding, strides, groups: in one block of K, in
# several, with pixels that no window meets, by parity classes, by Winograd, in tiles that spread
SHAPES = [
    (2, 7, 64, 70, 1, 0, 1, 1),
    (1, 6, 40, 300, 1, 0, 1, 1),
    (2, 9, 20, 12, 1, 0, 2, 1),
    (2, 9, 20, 300, 1, 0, 2, 1),
    (1, 8, 6, 9, 3, 1, 2, 3),
    (2, 8, 33, 40, 3, 1, 1, 1),
    (2, 24, 64, 64, 3, 1, 1, 1),
    (8, 13, 64, 64, 3, 0, 1, 1),
    (1, 7, 8, 8, 3, 1, 1, 8),
]


@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col"])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("shape", SHAPES)
def test_has_the_bits_of_gradient_and_sum(shape, data_format, algorithm, dtype, device):
    if not device.is_cpu:
        pytest.skip("on the CPU only")
    n, h, c, f, k, padding, strides, groups = shape
    size = (n, h, h, c) if data_format == "channels_last" else (n, c, h, h)
    x, kernel = normal(size, dtype, 0), normal((k, k, c // groups, f), dtype, 1)
    options = {
        "padding": padding,
        "strides": strides,
        "groups": groups,
        "data_format": data_format,
        "algorithm": algorithm,
    }
    dy = normal(ops.conv2d(x, kernel, **options).shape, dtype, 2)
    before = normal(size, dtype, 3)
    expected = before + ops.conv2d_backward(dy, x, kernel, needs=("x",), **options)[0]
    found = ops.conv2d_backward(dy, x, kernel, needs=("x",), onto=before, **options)[0]
    assert found is before
    assert_same_bits(found, expected)


def test_images_of_any_byte_order_are_added_to_one_of_the_machines(dtype):
    x, kernel, dy = (normal(s, dtype, 0) for s in ((1, 4, 4, 2), (1, 1, 2, 3), (1, 4, 4, 3)))
    before = normal(x.shape, dtype, 1)
    expected = ops.conv2d_backward(dy, x, kernel, needs=("x",), onto=before.copy())[0]
    swapped = x.astype(x.dtype.newbyteorder())
    found = ops.conv2d_backward(dy, swapped, kernel, needs=("x",), onto=before)[0]
    assert found is before
    assert_same_bits(found, expected)


def test_refuses_what_it_cannot_add_to():
    x, kernel, dy = (np.ones(s, np.float32) for s in ((1, 4, 4, 2), (1, 1, 2, 3), (1, 4, 4, 3)))
    frozen = np.zeros_like(x)
    frozen.flags.writeable = False
    strided, swapped = np.zeros((1, 4, 2, 4), "f").T, np.zeros(x.shape, x.dtype.newbyteorder())
    for onto in (np.zeros((1, 4, 4, 3), np.float32), frozen, strided, swapped):
        with pytest.raises(ValueError, match="conv2d_backward: onto"):
            ops.conv2d_backward(dy, x, kernel, onto=onto)
    for onto in (np.zeros_like(x, np.float64), [0.0]):
        with pytest.raises(TypeError, match="conv2d_backward: onto"):
            ops.conv2d_backward(dy, x, kernel, onto=onto)


@pytest.mark.parametrize("name", ["dy", "x", "kernel"])
def test_refuses_memory_that_it_reads(name):
    memory = np.ones((4, 4, 4, 4), np.float32)
    arrays = {key: memory if key == name else memory.copy() for key in ("dy", "x", "kernel")}
    with pytest.raises(ValueError, match=f"conv2d_backward: onto lies where {name} does"):
        ops.conv2d_backward(*arrays.values(), padding="same", onto=memory)

# SPDX-License-Identifier: BSD-3-Clause
"""Copies of arrays that lie in another order: what NumPy copies, whoever copies it."""

import numpy as np
import pytest
from compare import assert_same_bits

from pyconv.backend import contiguous

ORDERS = [(0, 1, 2, 3), (0, 2, 3, 1), (0, 3, 1, 2), (3, 2, 1, 0), (1, 2, 3, 0)]


def filled(shape, dtype):
    """Return all kinds of bits, NaN among them."""
    raw = np.random.default_rng(3).bytes(int(np.prod(shape)) * np.dtype(dtype).itemsize)
    return np.frombuffer(raw, dtype).reshape(shape).copy()


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", ">f4", "c8"])
@pytest.mark.parametrize("shape", [(3, 31, 33, 17), (2, 5, 4, 3), (1, 70, 1, 300), (40, 1, 600, 1)])
@pytest.mark.parametrize("axes", ORDERS)
def test_an_array_in_any_order_of_axes_is_copied_bit_by_bit(shape, dtype, axes):
    x = filled(shape, dtype).transpose(axes)
    y = contiguous(x)
    assert y.flags.carray
    assert y.dtype.isnative
    assert_same_bits(y, np.ascontiguousarray(x, y.dtype))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(129, 255), (1, 20000), (20000, 1), (17, 1025), (3, 3)])
def test_a_transposed_matrix_is_copied_bit_by_bit(shape, dtype):
    x = filled(shape, dtype)
    assert_same_bits(contiguous(x.T), np.ascontiguousarray(x.T))


def test_parts_steps_and_read_only_arrays_are_copied_bit_by_bit():
    images = filled((4, 64, 65, 66), "f4")
    images.flags.writeable = False
    for x in (images[:, ::-1], images[1:, :, :64], images[..., ::2], images):
        assert_same_bits(
            contiguous(x.transpose(0, 2, 3, 1)), np.ascontiguousarray(x.transpose(0, 2, 3, 1))
        )

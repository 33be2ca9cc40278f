# SPDX-License-Identifier: BSD-3-Clause
"""relu and its gradient: exact, NaN stays, any shape."""

import numpy as np
import pytest
from arrays import normal
from compare import assert_same, assert_same_bits

from pyconv import ops, reference

SHAPES = [(), (0,), (1,), (7,), (8,), (9,), (15,), (16,), (17,), (33,), (3, 5, 7, 11), (70001,)]


@pytest.mark.parametrize("shape", SHAPES)
def test_relu_equals_reference(shape, dtype, device, threads):
    x, dy = normal(shape, dtype, 0), normal(shape, dtype, 1)
    x = np.asarray(x)
    y = reference.relu(x)
    assert_same(device.host(ops.relu(device(x))), np.asarray(y))
    got = ops.relu_backward(device(np.asarray(dy)), device(np.asarray(y)))
    assert_same(device.host(got), np.asarray(reference.relu_backward(np.asarray(dy), y)))


@pytest.mark.parametrize("size", range(1, 20))
def test_relu_keeps_nan_at_every_position(size, dtype, device):
    for position in range(size):
        x = np.full(size, -1.0, dtype)
        x[position] = np.nan
        y = device.host(ops.relu(device(x)))
        expected = np.zeros(size, dtype)
        expected[position] = np.nan
        assert_same(y, expected)


def test_relu_of_special_values(dtype, device):
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([-np.inf, np.inf, -0.0, 0.0, tiny, -tiny, np.finfo(dtype).max], dtype)
    y = device.host(ops.relu(device(x)))
    assert_same(y, np.array([0.0, np.inf, 0.0, 0.0, tiny, 0.0, np.finfo(dtype).max], dtype))
    dy = np.full(x.shape, 3.0, dtype)
    dx = device.host(ops.relu_backward(device(dy), device(y)))
    assert_same_bits(dx, np.array([0, 3, 0, 0, 3, 0, 3], dtype))


def test_relu_leaves_its_input_alone(dtype, device):
    x = normal((1000,), dtype, 2)
    before = x.copy()
    ops.relu(device(x))
    assert_same_bits(x, before)

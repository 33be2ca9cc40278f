# SPDX-License-Identifier: BSD-3-Clause
"""Softmax and its logarithm over any axis: accurate, finite at any finite logits."""

import numpy as np
import pytest
import tolerances
from arrays import normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

CASES = [((1, 1), -1), ((4, 10), -1), ((3, 17), 1), ((2, 1000), 1), ((7,), 0)]
CASES += [((6, 5), 0), ((2, 3, 4, 5), 1), ((2, 3, 4, 5), -2), ((300, 3), -1)]
FUNCTIONS = ("softmax", "log_softmax")


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("scale", [1.0, 30.0])
@pytest.mark.parametrize(("shape", "axis"), CASES)
def test_equals_reference(shape, axis, scale, name, dtype, device):
    x = normal(shape, dtype, shape) * dtype.type(scale)
    y = device.host(getattr(ops, name)(device(x), axis))
    exact = getattr(reference, name)(x.astype(np.longdouble), axis)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    assert_within(y, exact, tolerances.softmax(dtype) * np.maximum(np.abs(exact), 1.0))
    dy = normal(shape, dtype, "dy", shape)
    dx = device.host(getattr(ops, f"{name}_backward")(device(dy), device(y), axis))
    wide = (dy.astype(np.longdouble), y.astype(np.longdouble))
    exact = getattr(reference, f"{name}_backward")(*wide, axis)
    size = np.abs(dy).sum(axis, keepdims=True) if name == "log_softmax" else np.abs(dy).max()
    assert dx.dtype == dtype
    assert_within(dx, exact, tolerances.softmax(dtype) * np.maximum(size, 1.0) * np.ones_like(dy))


@pytest.mark.parametrize("size", [1e4, -1e4, 3e38])
def test_finite_logits_give_finite_results(size, device):
    x = np.zeros((3, 9), np.float32)
    x[:, 4] = size
    for name in FUNCTIONS:
        y = device.host(getattr(ops, name)(device(x)))
        assert np.isfinite(y).all()
    with np.errstate(under="ignore"):
        assert_same(device.host(ops.softmax(device(x))).argmax(1), np.full(3, 4 if size > 0 else 0))


def test_log_softmax_goes_where_softmax_is_zero(dtype, device):
    y = device.host(ops.log_softmax(device(np.array([[0.0, -2000.0, -np.inf]], dtype))))
    assert_same(y, np.array([[0.0, -2000.0, -np.inf]], dtype))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("column", [0, 7, 16])
def test_nan_and_infinity_make_their_row_nan(column, value, name, dtype, device):
    x = normal((3, 17), dtype, 0)
    x[1, column] = value
    y = device.host(getattr(ops, name)(device(x)))
    assert np.isnan(y[1, column])
    assert np.isfinite(y[[0, 2]]).all()


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0,)])
def test_empty_arrays_stay_empty(shape, dtype, device):
    for name in FUNCTIONS:
        y = getattr(ops, name)(device(np.zeros(shape, dtype)))
        dx = getattr(ops, f"{name}_backward")(y, y)
        assert device.host(y).shape == device.host(dx).shape == shape


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    x = normal((900, 37), dtype, 0)
    results = []
    for count in (1, 2, 7):
        set_threads(count)
        results.append((ops.softmax(x), ops.log_softmax(x, 0)))
        assert_same_bits(results[-1], results[0])

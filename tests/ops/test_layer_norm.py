# SPDX-License-Identifier: BSD-3-Clause
"""Layer normalisation over one axis or several, with gradients."""

import numpy as np
import pytest
import tolerances
from arrays import normal
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

CASES = [((4, 3), -1), ((7,), 0), ((1, 1), 1), ((5, 17), 0), ((3, 4, 5), 1)]
CASES += [((2, 3, 4, 5), (1, -1)), ((2, 3, 4, 33), (-2, -1)), ((600, 40), -1), ((2, 1100), -1)]


def setup(shape, axis, dtype):
    """Return x, gamma, beta and dy."""
    axes = axis if isinstance(axis, tuple) else (axis,)
    scale = tuple(shape[i] for i in axes)
    return (
        normal(shape, dtype, shape),
        normal(scale, dtype, 1),
        normal(scale, dtype, 2),
        normal(shape, dtype, "dy", shape),
    )


def wide(*arrays):
    return [a.astype(np.longdouble) for a in arrays]


@pytest.mark.parametrize(("shape", "axis"), CASES)
def test_equals_reference(shape, axis, dtype, device):
    x, gamma, beta, _ = setup(shape, axis, dtype)
    y = device.host(ops.layer_norm(*map(device, (x, gamma, beta)), axis=axis))
    exact = reference.layer_norm(*wide(x, gamma, beta), axis=axis)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    size = np.abs(exact) + np.abs(gamma).max() + 2 * np.abs(beta).max()
    assert_within(y, exact, tolerances.norm(dtype) * size)


@pytest.mark.parametrize(("shape", "axis"), CASES)
def test_gradients_equal_reference(shape, axis, dtype, device):
    x, gamma, _, dy = setup(shape, axis, dtype)
    exact = reference.layer_norm_backward(*wide(dy, x, gamma), axis=axis)
    mean, variance = (getattr(wide(x)[0], name)(axis).astype(dtype) for name in ("mean", "var"))
    arrays = map(device, (dy, x, gamma, np.asarray(mean), np.asarray(variance)))
    found = device.host(ops.layer_norm_backward(*arrays, axis=axis))
    for one, wanted in zip(found, exact, strict=True):
        assert one.dtype == dtype
        size = np.abs(wanted) + np.abs(wanted).max() + np.sqrt(x.size / gamma.size)
        assert_within(one, wanted, tolerances.norm_gradient(dtype) * size)


def test_without_gamma_and_beta_they_are_one_and_zero(dtype, device):
    x, gamma, beta, _ = setup((4, 9), -1, dtype)
    y = ops.layer_norm(device(x), None, None)
    expected = ops.layer_norm(device(x), device(np.ones_like(gamma)), device(np.zeros_like(beta)))
    assert_same(device.host(y), device.host(expected))


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_empty_arrays_stay_empty(shape, dtype, device):
    x, scale = np.zeros(shape, dtype), np.ones(shape[1], dtype)
    assert device.host(ops.layer_norm(device(x), device(scale), device(scale))).shape == shape
    rows = np.zeros(shape[0], dtype)
    found = ops.layer_norm_backward(*map(device, (x, x, scale, rows, rows)))
    assert_same(device.host(found), (x, np.zeros_like(scale), np.zeros_like(scale)))


def test_bits_do_not_depend_on_threads(dtype, device, set_threads):
    if not device.is_cpu:
        pytest.skip("threads are the CPU's")
    x, gamma, beta, dy = setup((900, 37), -1, dtype)
    mean, variance = x.mean(-1), x.var(-1)
    results = []
    for count in (1, 2, 7):
        set_threads(count)
        y = ops.layer_norm(x, gamma, beta)
        results.append((y, *ops.layer_norm_backward(dy, x, gamma, mean, variance)))
        assert_same_bits(results[-1], results[0])

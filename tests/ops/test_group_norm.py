# SPDX-License-Identifier: BSD-3-Clause
"""Group normalisation with any number of groups over any axis, with gradients."""

import numpy as np
import pytest
import tolerances
from arrays import normal
from compare import assert_same_bits, assert_within

from pyconv import ops, reference

CASES = [((4, 6), 2, -1), ((2, 5, 4, 6), 3, -1), ((2, 6, 5, 4), 3, 1), ((3, 4, 8), -1, -1)]
CASES += [((1, 1, 1, 4), 1, 3), ((2, 40, 40, 32), 32, -1), ((2, 30, 20, 24), 4, 3)]


def setup(shape, groups, axis, dtype):
    """Return x, gamma, beta, dy, and the groups' mean and variance."""
    x, c = normal(shape, dtype, shape), shape[axis]
    count = c if groups == -1 else groups
    grouped = (
        np.moveaxis(x, axis, -1).astype(np.longdouble).reshape(shape[0], -1, count, c // count)
    )
    mean, variance = (getattr(grouped, name)((1, 3)).astype(dtype) for name in ("mean", "var"))
    gamma, beta = normal((c,), dtype, 1), normal((c,), dtype, 2)
    return x, gamma, beta, normal(shape, dtype, "dy", shape), mean, variance


def wide(*arrays):
    return [a.astype(np.longdouble) for a in arrays]


@pytest.mark.parametrize(("shape", "groups", "axis"), CASES)
def test_equals_reference(shape, groups, axis, dtype, device):
    x, gamma, beta, *_ = setup(shape, groups, axis, dtype)
    y = device.host(ops.group_norm(*map(device, (x, gamma, beta)), groups=groups, axis=axis))
    exact = reference.group_norm(*wide(x, gamma, beta), groups=groups, axis=axis)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    size = np.abs(exact) + np.abs(gamma).max() + 2 * np.abs(beta).max()
    assert_within(y, exact, tolerances.norm(dtype) * size)


@pytest.mark.parametrize(("shape", "groups", "axis"), CASES)
def test_gradients_equal_reference(shape, groups, axis, dtype, device):
    x, gamma, _, dy, mean, variance = setup(shape, groups, axis, dtype)
    arrays = map(device, (dy, x, gamma, mean, variance))
    found = device.host(ops.group_norm_backward(*arrays, groups=groups, axis=axis))
    exact = reference.group_norm_backward(*wide(dy, x, gamma), groups=groups, axis=axis)
    for one, wanted in zip(found, exact, strict=True):
        assert one.dtype == dtype
        size = np.abs(wanted) + np.abs(wanted).max() + np.sqrt(x.size / gamma.size)
        assert_within(one, wanted, tolerances.norm_gradient(dtype) * size)


@pytest.mark.parametrize(("shape", "groups", "axis"), CASES)
def test_bits_do_not_depend_on_threads(shape, groups, axis, dtype, set_threads):
    x, gamma, beta, dy, mean, variance = setup(shape, groups, axis, dtype)
    options = {"groups": groups, "axis": axis}
    results = []
    for count in (1, 2, 7):
        set_threads(count)
        y = ops.group_norm(x, gamma, beta, **options)
        results.append((y, *ops.group_norm_backward(dy, x, gamma, mean, variance, **options)))
        assert_same_bits(results[-1], results[0])

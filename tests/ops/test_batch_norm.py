# SPDX-License-Identifier: BSD-3-Clause
"""Batch normalisation over any axis, by statistics of the batch or given ones, with gradients."""

import numpy as np
import pytest
import tolerances
from arrays import normal, positive
from compare import assert_same, assert_same_bits, assert_within

from pyconv import ops, reference

CASES = [((4, 3), -1), ((1, 1), -1), ((5, 17), 0), ((3, 4, 5), 1), ((2, 3, 4, 5), -1)]
CASES += [((2, 9, 7, 33), 3), ((2, 9, 3, 3), 1), ((700, 2, 2, 8), -1), ((40, 600), -1)]


def scale(shape, axis, dtype):
    """Return gamma, beta, moving mean and moving variance."""
    c = (shape[axis],)
    return normal(c, dtype, 1), normal(c, dtype, 2), normal(c, dtype, 3), positive(c, dtype, 4)


def wide(*arrays):
    return [a.astype(np.longdouble) for a in arrays]


def along(values, shape, axis):
    """Return (c,) values so that they broadcast beside x."""
    return values.reshape([-1 if i == axis % len(shape) else 1 for i in range(len(shape))])


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("shape", "axis"), CASES)
def test_equals_reference(shape, axis, training, dtype, device):
    x, weights = normal(shape, dtype, shape), scale(shape, axis, dtype)
    options = {"axis": axis, "training": training}
    results = ops.batch_norm(device(x), *map(device, weights), **options)
    exact = reference.batch_norm(*wide(x, *weights), **options)
    if training:
        (y, *moments), (exact, *exact_moments) = device.host(results), exact
        for found, wanted in zip(moments, exact_moments, strict=True):
            assert found.dtype == dtype
            assert_within(found, wanted, tolerances.norm(dtype) * (np.abs(wanted) + 1))
    else:
        y = device.host(results)
    assert y.dtype == dtype
    assert y.flags.c_contiguous
    gamma, beta = (np.abs(along(one, shape, axis)) for one in weights[:2])
    size = np.abs(exact) + gamma + 2 * beta
    assert_within(y, exact, tolerances.norm(dtype) * size)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("shape", "axis"), CASES)
def test_gradients_equal_reference(shape, axis, training, dtype, device):
    x, dy = normal(shape, dtype, shape), normal(shape, dtype, "dy", shape)
    gamma, _, mean, variance = scale(shape, axis, dtype)
    options = {"axis": axis, "training": training}
    if training:
        _, mean, variance = reference.batch_norm(
            *wide(x), None, None, None, None, axis=axis, training=True
        )
        mean, variance = mean.astype(dtype), variance.astype(dtype)
    arrays = (dy, x, gamma, mean, variance)
    found = device.host(ops.batch_norm_backward(*map(device, arrays), **options))
    exact = reference.batch_norm_backward(*wide(*arrays), **options)
    for one, wanted in zip(found, exact, strict=True):
        assert one.dtype == dtype
        count = np.sqrt(x.size / shape[axis])
        size = np.abs(wanted) + np.abs(wanted).max() + count
        assert_within(one, wanted, tolerances.norm_gradient(dtype) * size)


def test_vector_of_the_table(dtype, device):
    x = np.array([[1], [2], [3], [4]], dtype)
    y, mean, variance = device.host(
        ops.batch_norm(device(x), None, None, None, None, training=True)
    )
    expected = [[-1.341104452], [-0.4470348173], [0.4470348173], [1.341104452]]
    np.testing.assert_allclose(y, expected, **tolerances.printed(dtype))
    assert_same((mean, variance), (np.array([2.5], dtype), np.array([1.25], dtype)))
    books, *_ = ops.batch_norm(device(x), None, None, None, None, epsilon=1e-6, training=True)
    expected = [[-1.3416402498], [-0.4472134166], [0.4472134166], [1.3416402498]]
    np.testing.assert_allclose(device.host(books), expected, **tolerances.printed(dtype))


def test_a_large_mean_costs_no_accuracy(device):
    x = normal((3000, 5), "float32", 0) + np.float32(10000)
    y, mean, variance = device.host(
        ops.batch_norm(device(x), None, None, None, None, training=True)
    )
    exact = reference.batch_norm(x.astype(np.float64), None, None, None, None, training=True)
    for found, wanted in zip((y, mean, variance), exact, strict=True):
        assert_within(found, wanted, tolerances.norm("float32") * np.abs(wanted))


@pytest.mark.parametrize(
    ("first", "size"), [(1e4, 1.0), (1e6, 1.0), (1.0, 1e-22), (1.0, 1e19), (0.0, 1e-12)]
)
def test_neither_a_first_pixel_far_away_nor_the_size_of_numbers_costs_accuracy(first, size, device):
    if not device.is_cpu:
        pytest.skip("double precision throughout is the CPU's alone")
    x = normal((2000, 40), "float32", 0)
    x[0, ::2] = first
    x = (x * size).astype(np.float32)
    epsilon = 0.0 if size < 1 else 1e-3
    options = {"epsilon": epsilon, "training": True}
    y, *_ = ops.batch_norm(x, None, None, None, None, **options)
    exact, *_ = reference.batch_norm(x.astype(np.longdouble), None, None, None, None, **options)
    assert_within(y, exact, tolerances.norm("float32") * (np.abs(exact) + 1))


def test_one_element_per_channel_gives_beta(dtype, device):
    x, beta = normal((1, 1, 1, 3), dtype, 0), normal((3,), dtype, 1)
    y, mean, variance = ops.batch_norm(device(x), None, device(beta), None, None, training=True)
    assert_same(device.host(y), beta.reshape(x.shape))
    assert_same(device.host(mean), x.reshape(3))
    assert_same(device.host(variance), np.zeros(3, dtype))


def test_only_wanted_gradients_are_computed(device):
    x, c = normal((4, 3), "float32", 0), np.ones(3, np.float32)
    arrays = [device(a) for a in (x, x, c, c, c)]
    full = device.host(ops.batch_norm_backward(*arrays, training=True))
    for i, name in enumerate(("x", "gamma", "beta")):
        found = device.host(ops.batch_norm_backward(*arrays, training=True, needs=(name,)))
        assert_same(found, tuple(full[j] if j == i else None for j in range(3)))


def test_an_empty_batch_is_normalised_by_moving_statistics_alone(dtype, device):
    x, c = np.zeros((0, 4, 3), dtype), np.ones(3, dtype)
    y = ops.batch_norm(device(x), device(c), device(c), device(c), device(c))
    assert device.host(y).shape == x.shape
    dx, dgamma, dbeta = device.host(ops.batch_norm_backward(*[device(a) for a in (x, x, c, c, c)]))
    assert_same((dx, dgamma, dbeta), (x, np.zeros(3, dtype), np.zeros(3, dtype)))


def test_nan_stays_in_its_channel(dtype, device):
    x = normal((6, 5, 3), dtype, 0)
    x[2, 3, 1] = np.nan
    y = device.host(ops.batch_norm(device(x), None, None, None, None, training=True)[0])
    assert np.isnan(y[..., 1]).all()
    assert np.isfinite(y[..., [0, 2]]).all()


def test_bits_depend_on_neither_threads_nor_instruction_set(dtype, set_threads, set_isa):
    x, dy = normal((900, 3, 37), dtype, 0), normal((900, 3, 37), dtype, 1)
    ones = np.ones(37, dtype)
    results = []
    for isa, count in (("scalar", 1), ("scalar", 3), ("avx2", 2), ("avx512", 7)):
        set_isa(isa)
        set_threads(count)
        y, mean, variance = ops.batch_norm(x, ones, ones, None, None, training=True)
        gradients = ops.batch_norm_backward(dy, x, ones, mean, variance, training=True)
        results.append((y, mean, variance, *gradients))
        assert_same_bits(results[-1], results[0], isa)

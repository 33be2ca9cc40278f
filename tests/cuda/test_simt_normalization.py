# SPDX-License-Identifier: BSD-3-Clause
"""The CUDA normalisation of float32 and float64, simulated: groups, packs, fixed trees of sums."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
import tolerances

DTYPES = (np.float32, np.float64)
# n, pixels, c, groups: batch, layer and group normalisation; channels and rows that end within a
# pack, within a block's eight columns, within a warp.
SHAPES = [
    (1, 40, 11, 11),
    (1, 300, 24, 24),
    (3, 7, 8, 1),
    (2, 9, 12, 3),
    (1, 1, 5, 5),
    (2, 33, 9, 9),
    (5, 1, 1030, 1),
    (0, 4, 8, 8),
]
STATISTICS = [*SHAPES[:4], *SHAPES[5:7]]  # a single pixel has no variance


class Arrays(NamedTuple):
    """Views whose first element may lie off the bounds of packs."""

    x: Any
    dy: Any
    gamma: Any
    beta: Any
    mean: Any
    variance: Any


def placed(values: Any, dtype: Any, offset: int) -> Any:
    flat = np.empty(values.size + offset, dtype)
    flat[offset:] = values.ravel()
    return flat[offset:].reshape(values.shape)


def integers(shape: tuple[int, int, int, int], dtype: Any, offset: int = 0) -> Arrays:
    """Return arrays whose results are exact: means are integers, roots of variance + 1 are 2."""
    n, pixels, c, groups = shape
    rng = np.random.default_rng(pixels * c)
    x, dy = (placed(rng.integers(-9, 10, (n, pixels, c)), dtype, offset) for _ in range(2))
    gamma, beta = (rng.integers(-4, 5, c).astype(dtype) for _ in range(2))
    mean = rng.integers(-3, 4, (n, groups)).astype(np.float64)
    return Arrays(x, dy, gamma, beta, mean, np.full((n, groups), 3.0))


def address(array: Any) -> int:
    return 0 if array is None else int(array.ctypes.data)


def normalize(simt: ModuleType, shape: Any, held: Arrays, epsilon: float, fixed: bool) -> Any:
    y = placed(np.zeros_like(held.x), held.x.dtype, 0)
    arrays = (held.x, held.gamma, held.beta, held.mean, held.variance, y)
    code = int(held.x.dtype == np.float64)
    simt.normalize(code, *map(address, arrays), *shape, epsilon, fixed, 0)
    return y


def normalize_backward(
    simt: ModuleType, shape: Any, held: Arrays, epsilon: float, fixed: bool
) -> tuple[Any, Any, Any]:
    dx, dgamma, dbeta = np.empty_like(held.x), *np.empty((2, shape[2]), held.x.dtype)
    arrays = (held.dy, held.x, held.gamma, held.mean, held.variance, dx, dgamma, dbeta)
    code = int(held.x.dtype == np.float64)
    simt.normalize_backward(code, *map(address, arrays), *shape, epsilon, fixed, 0)
    return dx, dgamma, dbeta


def by_channel(values: Any, shape: Any) -> Any:
    """Return a value of each group at each of its channels: (n, 1, c)."""
    return np.repeat(values, shape[2] // shape[3], axis=1)[:, None, :]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("offset", [0, 1], ids=["aligned", "shifted"])
@pytest.mark.parametrize("shape", SHAPES)
def test_fixed_statistics_of_integers_are_applied_exactly(
    simt: ModuleType, shape: tuple[int, int, int, int], offset: int, dtype: Any
) -> None:
    held = integers(shape, dtype, offset)
    simt.count_banks(True)
    y = normalize(simt, shape, held, 1.0, fixed=True)
    dx, dgamma, dbeta = normalize_backward(simt, shape, held, 1.0, fixed=True)
    _, conflicts = simt.bank_count()
    simt.count_banks(False)
    assert conflicts == 0
    normal = (held.x - by_channel(held.mean, shape)) / 2
    np.testing.assert_array_equal(y, normal * held.gamma + held.beta)
    np.testing.assert_array_equal(dx, held.dy * held.gamma / 2)
    np.testing.assert_array_equal(dgamma, (held.dy * normal).sum((0, 1)))
    np.testing.assert_array_equal(dbeta, held.dy.sum((0, 1)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", STATISTICS)
def test_statistics_and_gradients_are_those_of_each_group(
    simt: ModuleType, shape: tuple[int, int, int, int], dtype: Any
) -> None:
    n, pixels, c, groups = shape
    rng, epsilon = np.random.default_rng(5), 1e-3
    x, dy = (rng.normal(5, 2, (n, pixels, c)).astype(dtype) for _ in range(2))
    gamma, beta = (rng.normal(1, 0.5, c).astype(dtype) for _ in range(2))
    held = Arrays(x, dy, gamma, beta, *np.full((2, n, groups), np.nan))
    y = normalize(simt, shape, held, epsilon, fixed=False)
    view = x.astype(np.float64).reshape(n, pixels, groups, c // groups)
    np.testing.assert_allclose(held.mean, view.mean((1, 3)), rtol=1e-12)
    np.testing.assert_allclose(held.variance, view.var((1, 3)), rtol=1e-11)
    inverse = 1 / np.sqrt(by_channel(held.variance, shape) + epsilon)
    normal = (x - by_channel(held.mean, shape)) * inverse
    wanted = normal * gamma + beta
    unit = tolerances.norm(dtype)
    assert np.all(np.abs(y - wanted) <= unit * (np.abs(normal * gamma) + np.abs(beta)))

    dx, dgamma, dbeta = normalize_backward(simt, shape, held, epsilon, fixed=False)
    scaled = (dy * gamma.astype(np.float64)).reshape(view.shape)
    standard = normal.reshape(view.shape)
    scaled = scaled - scaled.mean((1, 3), keepdims=True)
    scaled = scaled - standard * (scaled * standard).mean((1, 3), keepdims=True)
    wanted = scaled.reshape(x.shape) * inverse
    bound = tolerances.norm_gradient(dtype) * np.abs(dy * gamma).max() * inverse.max()
    assert np.all(np.abs(dx - wanted) <= bound)
    terms = np.abs(dy * normal).sum((0, 1)) + np.abs(dy).sum((0, 1))
    assert np.all(np.abs(dgamma - (dy * normal).sum((0, 1))) <= unit * terms)
    assert np.all(np.abs(dbeta - dy.sum((0, 1), dtype=np.float64)) <= unit * terms)


def test_every_schedule_gives_the_same_bits(simt_module: ModuleType) -> None:
    shape, rng = (1, 300, 12, 12), np.random.default_rng(6)
    x, dy = (rng.normal(0, 1, shape[:3]).astype(np.float32) for _ in range(2))
    results = set()
    for seed in range(4):
        simt_module.set_schedule_seed(seed)
        held = Arrays(x, dy, None, None, *np.full((2, 1, 12), np.nan))
        y = normalize(simt_module, shape, held, 1e-3, fixed=False)
        found = normalize_backward(simt_module, shape, held, 1e-3, fixed=False)
        results.add(b"".join(array.tobytes() for array in (held.mean, held.variance, y, *found)))
    simt_module.set_schedule_seed(1)
    assert len(results) == 1


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_stays_in_its_group(simt: ModuleType, dtype: Any) -> None:
    shape = (1, 20, 10, 10)
    x = np.random.default_rng(7).normal(0, 1, shape[:3]).astype(dtype)
    x[0, 3, 6] = np.nan
    held = Arrays(x, None, None, None, *np.full((2, 1, 10), 0.0))
    y = normalize(simt, shape, held, 1e-3, fixed=False)
    np.testing.assert_array_equal(np.isnan(y).any((0, 1)), np.arange(10) == 6)
    np.testing.assert_array_equal(np.isnan(held.mean[0]), np.arange(10) == 6)

# SPDX-License-Identifier: BSD-3-Clause
"""Kernels of 16-bit normalisation, simulated: statistics and scales keep more bits."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
import tolerances
from element_types import CODES, KINDS, empty, numbers, rounded, stored
from native_arrays import call

# n, pixels, c, groups: batch, layer and group normalisation, channels beyond a block's eight.
NORMS = [(1, 40, 11, 11), (3, 7, 8, 1), (2, 9, 12, 3), (1, 1, 5, 5), (2, 33, 9, 9)]


@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize(("n", "pixels", "c", "groups"), NORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_normalisation_keeps_statistics_in_more_bits(
    simt: ModuleType, kind: str, n: int, pixels: int, c: int, groups: int, fixed: bool
) -> None:
    rng, epsilon = np.random.default_rng(4), 1e-3
    x, dy = (rounded(rng.normal(5, 2, (n, pixels, c)), kind) for _ in range(2))
    gamma, beta = (rng.normal(1, 0.5, c).astype(np.float32) for _ in range(2))
    view = x.reshape(n, pixels, groups, c // groups)
    mean, variance = view.mean((1, 3)), view.var((1, 3))
    found_mean, found_variance = mean.copy(), variance.copy()
    if not fixed:
        found_mean[...] = found_variance[...] = np.nan
    sizes = (n, pixels, c, groups, epsilon, fixed, 0)
    y = empty(x.shape, kind)
    held = stored(x, kind)
    call(simt.normalize, CODES[kind], (held, gamma, beta, found_mean, found_variance, y), *sizes)
    np.testing.assert_allclose(found_mean, mean, rtol=1e-12)
    np.testing.assert_allclose(found_variance, variance, rtol=1e-12, atol=1e-12)
    spread = np.sqrt(variance + epsilon)[:, None, :, None]
    normal = ((view - mean[:, None, :, None]) / spread).reshape(x.shape)
    wanted = normal * gamma + beta
    terms = np.abs(normal * gamma) + np.abs(beta) + np.abs(x / spread.min() * gamma)
    bound = tolerances.one_rounding(kind, wanted) + tolerances.norm(np.float32) * terms
    assert np.all(np.abs(numbers(y, kind) - wanted) <= bound)

    dx, (dgamma, dbeta) = empty(x.shape, kind), np.empty((2, c), np.float32)
    arrays = (stored(dy, kind), held, gamma, mean, variance, dx, dgamma, dbeta)
    call(simt.normalize_backward, CODES[kind], arrays, *sizes)
    np.testing.assert_allclose(dbeta, dy.sum((0, 1)), rtol=1e-6)
    np.testing.assert_allclose(dgamma, (dy * normal).sum((0, 1)), rtol=1e-6, atol=1e-5)
    scaled = (dy * gamma).reshape(view.shape)
    if not fixed:
        standard = normal.reshape(view.shape)
        scaled = (
            scaled
            - scaled.mean((1, 3), keepdims=True)
            - standard * (scaled * standard).mean((1, 3), keepdims=True)
        )
    wanted = (scaled / spread).reshape(x.shape)
    bound = tolerances.one_rounding(kind, wanted)
    bound = bound + tolerances.norm_gradient(np.float32) * np.abs(dy * gamma).max() / spread.min()
    assert np.all(np.abs(numbers(dx, kind) - wanted) <= bound)

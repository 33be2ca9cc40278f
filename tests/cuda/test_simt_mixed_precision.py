# SPDX-License-Identifier: BSD-3-Clause
"""What only training in 16 bits needs, simulated: conversions, unscaling, master weights."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from element_types import CODES, KINDS, empty, numbers, rounded
from native_arrays import addresses

LARGE = 2**63 - 1


def test_conversions_round_to_the_nearest(simt: ModuleType) -> None:
    x = np.random.default_rng(6).normal(0, 100, 300).astype(np.float32)
    x[:4] = 1e6, -1e6, np.nan, 1e-7
    for kind in KINDS:
        held, back = empty(x.shape, kind), np.empty_like(x)
        simt.convert(0, CODES[kind], *addresses(x, held), x.size, 0)
        np.testing.assert_array_equal(numbers(held, kind), rounded(x, kind))
        simt.convert(CODES[kind], 0, *addresses(held, back), x.size, 0)
        np.testing.assert_array_equal(back, numbers(held, kind))
        other = next(k for k in KINDS if k != kind)
        crossed = empty(x.shape, other)
        simt.convert(CODES[kind], CODES[other], *addresses(held, crossed), x.size, 0)
        np.testing.assert_array_equal(numbers(crossed, other), rounded(back, other))
    with pytest.raises(ValueError, match="convert: from=dtype=2; must be two element types"):
        simt.convert(2, 2, 0, 0, 0, 0)


def table(*rows: list[Any]) -> bytes:
    return np.array([[*addresses(*row), row[0].size] for row in rows], np.int64).tobytes()


def test_unscaled_gradients_tell_the_first_that_is_not_finite(simt: ModuleType) -> None:
    rng, flag = np.random.default_rng(7), np.array([LARGE])
    grads = [rng.normal(0, 1, size).astype(np.float32) for size in (5, 0, 700, *[3] * 120)]
    before = [g.copy() for g in grads]
    simt.unscale(table(*([g] for g in grads)), 1 / 1024, flag.ctypes.data, 0)
    assert flag[0] == LARGE
    for now, old in zip(grads, before, strict=True):
        np.testing.assert_array_equal(now, old * np.float32(1 / 1024))
    grads[110][1], grads[2][699] = np.nan, -np.inf
    simt.unscale(table(*([g] for g in grads)), 1.0, flag.ctypes.data, 0)
    assert flag[0] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_master_weights_step_as_in_float32_and_leave_a_copy(simt: ModuleType, kind: str) -> None:
    rng, sizes = np.random.default_rng(8), (300, 5, *[2] * 60)
    param, grad, m, v = (
        [np.abs(rng.normal(0, 1, size)).astype(np.float32) for size in sizes] for _ in range(4)
    )
    wide = [[a.copy() for a in arrays] for arrays in (param, grad, m, v)]
    copies = [empty((size,), kind) for size in sizes]
    adam, options = 7, (1e-3, 0.01, 0.1, 0.001, 0.0, 1e-7)
    rows = zip(param, grad, m, v, [None] * len(sizes), copies, strict=True)
    simt.optimizer_step(CODES[kind], adam, table(*(list(row) for row in rows)), *options, 0)
    rows = zip(*wide, [None] * len(sizes), strict=True)
    simt.optimizer_step(0, adam, table(*(list(row) for row in rows)), *options, 0)
    for found, wanted in zip((param, m, v), (wide[0], wide[2], wide[3]), strict=True):
        for got, value in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(got, value)
    for copy, master in zip(copies, param, strict=True):
        np.testing.assert_array_equal(numbers(copy, kind), rounded(master, kind))
    with pytest.raises(ValueError, match="table has 48 bytes; must be records of 7 int64"):
        simt.optimizer_step(CODES[kind], adam, bytes(48), *options, 0)

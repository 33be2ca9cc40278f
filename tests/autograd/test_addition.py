# SPDX-License-Identifier: BSD-3-Clause
"""Sums of large arrays alike are native; they and all others have NumPy's bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import GradientTape, Tensor, autograd
from pyconv.backend import added

LARGE = (3, 41, 37, 5)


@pytest.mark.parametrize("size", [1, 15, 1 << 14, (1 << 14) + 1, 70001, 3 * (1 << 14) + 7])
def test_a_sum_has_the_bits_of_numpy(size: int, dtype: Any, device: Any) -> None:
    a, b = normal((size,), dtype, 0), normal((size,), dtype, 1)
    a[size // 2], b[-1] = np.nan, np.inf
    assert_same_bits(device.host(added(device(a), device(b))), a + b)


def test_what_is_not_alike_is_added_by_numpy_s_rules(dtype: Any) -> None:
    a, b = normal(LARGE, dtype, 0), normal(LARGE, dtype, 1)
    for x, y in (
        (a, b[:1]),
        (a, b[..., ::-1]),
        (np.asfortranarray(a), b),
        (a.astype(a.dtype.newbyteorder()), b),
        (a.astype(np.int64), b.astype(np.int64)),
    ):
        found = added(x, y)
        assert found.dtype == (x + y).dtype
        assert_same_bits(found, x + y)


def test_a_sum_lies_in_its_first_operand_only_where_that_is_free(dtype: Any) -> None:
    a, b = normal(LARGE, dtype, 0), normal(LARGE, dtype, 1)
    expected = a + b
    assert added(a, b) is not a
    locked = a.copy()
    locked.flags.writeable = False
    assert_same_bits(added(locked, b, into_a=True), expected)
    assert added(a, b, into_a=True) is a
    assert_same_bits(a, expected)


def test_gradients_of_many_uses_are_summed_and_what_was_given_is_not_touched() -> None:
    x, weights = Tensor(normal(LARGE, "float32", 0)), normal(LARGE, "float32", 1)
    given = weights.copy()
    with GradientTape() as tape:
        tape.watch(x)
        y = autograd.add(autograd.add(x, x), autograd.add(x, x))
    dx, dy = tape.gradient(y, [x, y], Tensor(given))
    assert dx is not None
    assert dy is not None
    assert_same_bits(given, weights)
    assert_same_bits(dy.numpy(), weights)
    assert_same_bits(dx.numpy(), weights + weights + weights + weights)

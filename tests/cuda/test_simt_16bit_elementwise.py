# SPDX-License-Identifier: BSD-3-Clause
"""Kernels of 16-bit activations, softmax and sums, simulated: float32, and one rounding."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tolerances
from element_types import CODES, KINDS, empty, numbers, rounded, stored
from native_arrays import PLACES, call

ACTIVATIONS = {
    "relu": (1, lambda x: np.maximum(x, 0)),
    "relu6": (2, lambda x: np.clip(x, 0, 6)),
    "sigmoid": (3, lambda x: 1 / (1 + np.exp(-x))),
    "tanh": (4, np.tanh),
    "swish": (10, lambda x: x / (1 + np.exp(-x))),
    "softplus": (13, lambda x: np.log1p(np.exp(x))),
}


def slope(activation: str, kept: Any) -> Any:
    """Return the derivative, told from x for swish and softplus, else from y."""
    if activation == "relu":
        return kept > 0
    if activation == "relu6":
        return (kept > 0) & (kept < 6)
    if activation == "sigmoid":
        return kept * (1 - kept)
    if activation == "tanh":
        return (1 - kept) * (1 + kept)
    sigmoid = 1 / (1 + np.exp(-kept))
    return sigmoid if activation == "softplus" else sigmoid * (1 + kept * (1 - sigmoid))


@PLACES
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_activation_is_rounded_once(
    simt: ModuleType, kind: str, activation: str, place: Any
) -> None:
    code, exact = ACTIVATIONS[activation]
    x = rounded(np.random.default_rng(1).normal(0, 3, 525), kind)
    held, y = place(stored(x, kind)), place(empty(x.shape, kind))
    call(simt.activation, CODES[kind], (held, y), x.size, code, 0.0, 0.0, 0.0, 0)
    found, wanted = numbers(y, kind), exact(x)
    assert np.all(np.abs(found - wanted) <= tolerances.one_rounding(kind, wanted))
    dy = rounded(np.random.default_rng(2).normal(0, 1, x.size), kind)
    kept, values = (held, x) if activation in ("swish", "softplus") else (y, found)
    dx = place(empty(x.shape, kind))
    arrays = (place(stored(dy, kind)), kept, dx)
    call(simt.activation_backward, CODES[kind], arrays, x.size, code, 0.0, 0.0, 0.0, 0)
    wanted = dy * slope(activation, values)
    assert np.all(np.abs(numbers(dx, kind) - wanted) <= tolerances.one_rounding(kind, wanted))


@pytest.mark.parametrize("kind", KINDS)
def test_activation_keeps_nan_and_infinities(simt: ModuleType, kind: str) -> None:
    x = stored(np.array([np.nan, np.inf, -np.inf]), kind)
    y = empty((3,), kind)
    call(simt.activation, CODES[kind], (x, y), 3, ACTIVATIONS["relu"][0], 0.0, 0.0, 0.0, 0)
    np.testing.assert_array_equal(numbers(y, kind), [np.nan, np.inf, 0])


@pytest.mark.parametrize("logarithm", [False, True])
@pytest.mark.parametrize(("n", "classes"), [(1, 1), (3, 10), (9, 33), (2, 1000)])
@pytest.mark.parametrize("kind", KINDS)
def test_softmax_and_its_gradient_compute_in_float32(
    simt: ModuleType, kind: str, n: int, classes: int, logarithm: bool
) -> None:
    rng = np.random.default_rng(3)
    x = rounded(rng.normal(0, 4, (n, classes)), kind)
    x[0] += 256  # the exponential would overflow without the shift
    x = rounded(x, kind)
    y = empty(x.shape, kind)
    call(simt.softmax, CODES[kind], (stored(x, kind), y), n, classes, logarithm, 0)
    shift = x - x.max(1, keepdims=True)
    wanted = shift - np.log(np.exp(shift).sum(1, keepdims=True))
    wanted = wanted if logarithm else np.exp(wanted)
    slack = tolerances.softmax(np.float32) * (np.abs(shift) + 1) * (1 if logarithm else wanted)
    error = np.abs(numbers(y, kind) - wanted)
    assert np.all(error <= tolerances.one_rounding(kind, wanted) + slack)
    dy = rounded(rng.normal(0, 1, x.shape), kind)
    dx, held = empty(x.shape, kind), numbers(y, kind)
    call(simt.softmax_backward, CODES[kind], (stored(dy, kind), y, dx), n, classes, logarithm, 0)
    weights = 1.0 if logarithm else held
    total = (weights * dy).sum(1, keepdims=True)
    wanted = dy - np.exp(held) * total if logarithm else held * (dy - total)
    terms = (
        np.abs(dy) + np.exp(held) * np.abs(total)
        if logarithm
        else np.abs(held) * (np.abs(dy) + np.abs(total))
    )
    bound = tolerances.one_rounding(kind, wanted) + tolerances.softmax(np.float32) * terms
    assert np.all(np.abs(numbers(dx, kind) - wanted) <= bound)


@PLACES
@pytest.mark.parametrize("kind", KINDS)
def test_add_rounds_once(simt: ModuleType, kind: str, place: Any) -> None:
    rng = np.random.default_rng(5)
    a, b = (rounded(rng.normal(0, 9, 333), kind) for _ in range(2))
    y = place(empty(a.shape, kind))
    call(simt.add, CODES[kind], (place(stored(a, kind)), place(stored(b, kind)), y), a.size, 0)
    np.testing.assert_array_equal(numbers(y, kind), rounded(a + b, kind))

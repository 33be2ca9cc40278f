# SPDX-License-Identifier: BSD-3-Clause
"""How results are compared: same values, same bits, or within a bound for each element."""

from __future__ import annotations

from typing import Any

import numpy as np


def assert_same(actual: Any, expected: Any, context: object = "") -> None:
    """Demand equal dtype, shape and values at 0 ulp; NaN equals NaN, -0.0 equals 0.0.

    Tuples and lists are compared item by item; None equals None alone.
    """
    if isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected), context
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other, context)
        return
    if expected is None:
        assert actual is None, context
        return
    assert type(actual) is np.ndarray, f"{context}: {type(actual)}"
    assert actual.dtype == expected.dtype, f"{context}: {actual.dtype}, not {expected.dtype}"
    assert actual.shape == expected.shape, f"{context}: {actual.shape}, not {expected.shape}"
    if not np.array_equal(actual, expected, equal_nan=actual.dtype.kind == "f"):
        wrong = ~np.isclose(actual, expected, rtol=0.0, atol=0.0, equal_nan=True)
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{context}: {int(wrong.sum())} of {wrong.size} elements differ, the first at {at}: "
            f"{actual[at]!r}, not {expected[at]!r}"
        )


def assert_same_bits(actual: Any, expected: Any, context: object = "") -> None:
    """Demand equal dtype, shape and bits, the sign of zeros included."""
    if isinstance(expected, (tuple, list)):
        assert len(actual) == len(expected), context
        for one, other in zip(actual, expected, strict=True):
            assert_same_bits(one, other, context)
        return
    assert actual.dtype == expected.dtype, context
    assert actual.shape == expected.shape, context
    if actual.tobytes() != expected.tobytes():
        wrong = actual.view(f"u{actual.itemsize}") != expected.view(f"u{actual.itemsize}")
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise AssertionError(
            f"{context}: {int(wrong.sum())} of {wrong.size} elements differ in bits, the first at "
            f"{at}: {actual[at]!r}, not {expected[at]!r}"
        )


def assert_within(actual: Any, expected: Any, bound: Any, context: object = "") -> None:
    """Demand |actual - expected| <= bound, element by element, and finite results."""
    assert actual.shape == expected.shape, f"{context}: {actual.shape}, not {expected.shape}"
    assert np.isfinite(actual).all(), f"{context}: not finite"
    error = np.abs(actual - expected)
    worst = float(np.max(error / np.maximum(bound, np.finfo(np.float64).tiny), initial=0.0))
    assert worst <= 1.0, f"{context}: {worst:.3g} times the allowed error"


def share_of_nonzeros(arrays: Any) -> float:
    """Return the share of nonzero elements over all arrays: a result of zeros proves nothing."""
    arrays = list(arrays)
    elements = sum(array.size for array in arrays)
    return sum(int(np.count_nonzero(array)) for array in arrays) / max(elements, 1)

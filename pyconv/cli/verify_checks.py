# SPDX-License-Identifier: BSD-3-Clause
"""One case on one element type: the reference once, then the op in every place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from pyconv import backend, ops, reference
from pyconv.cli.verify_arrays import Array, draw
from pyconv.cli.verify_bounds import Arrays, bounds
from pyconv.cli.verify_cases import Case
from pyconv.cli.verify_places import Place

THREADS = (1, 2, 3, 7)
# Their references find the mean and the variance of x again; the ops are given them.
OWN_STATISTICS = ("layer_norm_backward", "group_norm_backward")


@dataclass(frozen=True)
class Finding:
    """What one case gave: the largest error in units of its bound, and what went wrong."""

    op: str
    dtype: str
    place: str
    exact: bool
    error: float
    faults: tuple[str, ...]


@contextmanager
def settings_kept() -> Iterator[None]:
    """Give threads and instruction set back as they were."""
    isa, threads = backend.instruction_set(), backend.num_threads()
    try:
        yield
    finally:
        backend.use_instruction_set(isa)
        backend.set_num_threads(threads)


def check(case: Case, dtype: np.dtype[Any], places: list[Place]) -> Iterator[Finding]:
    """Yield what the case gives in each place."""
    whole = _drawn(case, dtype, whole=True) if case.exact else None
    expected = None if whole is None else _call(reference, case, whole)
    given = _drawn(case, dtype, whole=False)
    wide = tuple(_wide(array) for array in given)
    exact = _call(reference, case, wide)
    allowed = bounds(
        case.rule,
        case.op,
        dtype,
        exact,
        wide,
        lambda: _call(reference, case, tuple(_absolute(case, i, a) for i, a in enumerate(wide))),
    )
    for place in places:
        place.choose()
        faults: list[str] = []
        error = math.inf
        try:
            if whole is not None and expected is not None:
                faults += _inexact(_call_at(place, case, whole), expected)
            results = _call_at(place, case, given)
            error = _error(results, exact, allowed)
            if not error <= 1:
                faults.append(f"random numbers: {error:.3g} times the allowed error")
            faults += _unsteady(place, case, given, results)
        except Exception as raised:  # whatever a broken kernel raises is a finding
            faults.append(f"{type(raised).__name__}: {raised}")
        yield Finding(case.op, dtype.name, place.name, case.exact, error, tuple(faults))


def _inexact(got: Arrays, expected: Arrays) -> list[str]:
    if len(got) == len(expected) and all(map(_equal, got, expected)):
        return []
    return [f"whole numbers: {sum(map(_differing, got, expected))} elements are not exact"]


def _unsteady(place: Place, case: Case, given: Arrays, results: Arrays) -> list[str]:
    """Return the numbers of threads with which the bits are others; a GPU runs once more."""
    threads, faults = backend.num_threads(), []
    for count in THREADS if place.has_threads else THREADS[:1]:
        backend.set_num_threads(count)
        again = _call_at(place, case, given)
        if any(a.tobytes() != b.tobytes() for a, b in zip(again, results, strict=True)):
            faults.append(f"the bits change with {count} threads")
    backend.set_num_threads(threads)
    return faults


def _drawn(case: Case, dtype: np.dtype[Any], *, whole: bool) -> Arrays:
    return tuple(draw(s, dtype, whole=whole, seed=i) for i, s in enumerate(case.arrays))


def _wide(array: Array) -> Array:
    """Return float32 as float64, float64 as the widest there is, whole numbers as they are."""
    if array.dtype.kind != "f":
        return array
    return array.astype(np.float64 if array.dtype == np.float32 else np.longdouble)


def _absolute(case: Case, position: int, array: Array) -> Array:
    """Return absolute values, but of the places that say where to sample."""
    return array if case.op.startswith("affine") and position == 1 else np.abs(array)


def _call_at(place: Place, case: Case, arrays: Arrays) -> Arrays:
    """Call an op in a place on arrays of the host, and return its results there."""
    return tuple(map(place.back, _call(ops, case, arrays, place.there)))


def _call(
    module: ModuleType, case: Case, arrays: Arrays, there: Callable[[Array], Any] = np.asarray
) -> Arrays:
    """Call an op, or its reference, and return its results as a tuple of arrays."""
    if module is ops and case.op in OWN_STATISTICS:
        arrays = (*arrays, *_statistics(case, arrays[1]))
    return _results(getattr(module, case.op), module, case, tuple(map(there, arrays)))


def _results(
    function: Callable[..., Any], module: ModuleType, case: Case, arrays: tuple[Any, ...]
) -> tuple[Any, ...]:
    options = case.options
    if module is reference:
        options = {name: value for name, value in options.items() if name != "algorithm"}
    if case.in_place:
        lists = [[array.copy()] for array in arrays]
        function(*lists, **options)
        return tuple(array for (array,) in lists)
    results = function(*arrays, **options)
    return results if isinstance(results, tuple) else (results,)


def _statistics(case: Case, x: Array) -> Arrays:
    """Return the mean and the variance of what is normalised together, in the dtype of x."""
    if case.op == "group_norm_backward":
        groups = case.options["groups"]
        parts = x.astype(np.float64).reshape(len(x), -1, groups, x.shape[-1] // groups)
        moments = parts.mean((1, 3)), parts.var((1, 3))
    else:
        moments = x.astype(np.float64).mean(-1), x.astype(np.float64).var(-1)
    return tuple(moment.astype(x.dtype) for moment in moments)


def _equal(got: Array, expected: Array) -> bool:
    return got.dtype == expected.dtype and np.array_equal(got, expected)


def _differing(got: Array, expected: Array) -> int:
    return int((got != expected).sum()) if got.shape == expected.shape else expected.size


def _error(got: Arrays, exact: Arrays, allowed: Arrays) -> float:
    """Return the largest |error| divided by its bound; what is not finite has an infinite one."""
    worst = 0.0
    for result, value, bound in zip(got, exact, allowed, strict=True):
        if result.shape != value.shape or not np.isfinite(result).all():
            return math.inf
        error = np.abs(np.subtract(result, value, dtype=np.longdouble))
        with np.errstate(over="ignore"):
            share = np.where(error == 0, 0, error / np.maximum(bound, np.finfo(np.float64).tiny))
        worst = max(worst, float(share.max(initial=0)))
    return worst

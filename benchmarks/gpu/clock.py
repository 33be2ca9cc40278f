# SPDX-License-Identifier: BSD-3-Clause
"""Times of a GPU by its own events: warm-up outside, the median of several."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any, NamedTuple


class Clock(NamedTuple):
    """A library's events.

    Attributes:
        event: makes one. elapsed: milliseconds between two that have passed.
        wait: until all work is done.
    """

    event: Callable[[], Any]
    elapsed: Callable[[Any, Any], float]
    wait: Callable[[], object]


def median_seconds(
    run: Callable[[int], object], clock: Clock, *, budget: float = 0.05, most: int = 30
) -> float:
    """Return the median time of run(i), called for i = 0, 1, 2, ...; at least three are timed.

    Args:
        budget: seconds that the timed calls may take together. most: of them.
    """
    for warm in range(2):
        run(warm)
    clock.wait()
    first = _timed(run, 2, clock)
    count = max(3, min(most, int(budget / max(first, 1e-7))))
    return statistics.median(_timed(run, number, clock) for number in range(3, 3 + count))


def _timed(run: Callable[[int], object], number: int, clock: Clock) -> float:
    begin, end = clock.event(), clock.event()
    begin.record()
    run(number)
    end.record()
    clock.wait()
    return clock.elapsed(begin, end) / 1e3

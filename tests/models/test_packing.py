# SPDX-License-Identifier: BSD-3-Clause
"""Arrays that are needed at the same time never share a byte, others share what they can."""

import random
from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pyconv.backend import Span
from pyconv.models.packing import packed

SPANS = st.builds(
    lambda size, first, calls: Span(size, first, first + calls),
    st.integers(0, 5000),
    st.integers(0, 20),
    st.integers(0, 8),
)


@given(st.lists(SPANS, max_size=25))
def test_what_is_needed_at_the_same_time_lies_apart(spans: list[Span]) -> None:
    offsets, total = packed(spans)
    placed = list(zip(spans, offsets, strict=True))
    for span, offset in placed:
        assert offset % 64 == 0
        assert 0 <= offset <= offset + span.size <= total
    for (a, at), (b, bt) in combinations(placed, 2):
        together = a.first <= b.last and b.first <= a.last
        assert not together or at + a.size <= bt or bt + b.size <= at


def test_a_chain_takes_little_more_than_its_two_largest_neighbours() -> None:
    rng = random.Random(0)
    sizes = [64 * rng.randint(1, 100) for _ in range(30)]
    spans = [Span(size, i, i + 1) for i, size in enumerate(sizes)]
    neighbours = max(a + b for a, b in pairwise(sizes))
    assert neighbours <= packed(spans)[1] <= 1.25 * neighbours


def test_a_chain_of_equals_takes_twice_one() -> None:
    assert packed([Span(640, i, i + 1) for i in range(9)]) == ([0, 640] * 4 + [0], 1280)


def test_nothing_takes_no_memory() -> None:
    assert packed([]) == ([], 0)

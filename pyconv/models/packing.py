# SPDX-License-Identifier: BSD-3-Clause
"""Packing: arrays that are not needed at the same time share memory."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.backend import Span

_LINE = 64  # bytes; kernels load whole vectors from where arrays begin


def packed(spans: Sequence[Span]) -> tuple[list[int], int]:
    """Return the offset of each array, and how many bytes all of them take.

    The largest are placed first, each as low as those whose time meets its own let it.
    Source: Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference, 2020.
    """
    offsets, total = [0] * len(spans), 0
    placed: list[tuple[int, int, Span]] = []
    for number in sorted(range(len(spans)), key=lambda i: -spans[i].size):
        span = spans[number]
        size, at = -(-span.size // _LINE) * _LINE, 0
        for start, end, other in sorted(placed):
            if other.first <= span.last and span.first <= other.last:
                if start - at >= size:
                    break
                at = max(at, end)
        offsets[number] = at
        placed.append((at, at + size, span))
        total = max(total, at + size)
    return offsets, total

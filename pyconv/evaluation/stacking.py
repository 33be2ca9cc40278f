# SPDX-License-Identifier: BSD-3-Clause
"""Several small filters in a row against one large filter that sees as much."""

from __future__ import annotations

from typing import NamedTuple

from pyconv.arguments import whole_number


class StackComparison(NamedTuple):
    """What a stack sees, in pixels, and the weights of both, bias left out."""

    size: int
    stacked: int
    single: int


def compare_stack(count: int = 2, kernel_size: int = 3, *, channels: int = 1) -> StackComparison:
    """Return receptive field and weights of `count` filters in a row, and of one as large.

    Args:
        count: filters in the stack, stride 1. kernel_size: pixels of a side.
        channels: in and out of every filter; 1 counts per pair of channels.
    Source: Simonyan and Zisserman 2015, section 2.3.

    >>> from pyconv.evaluation import compare_stack
    >>> compare_stack(2), compare_stack(3)
    (StackComparison(size=5, stacked=18, single=25), StackComparison(size=7, stacked=27, single=49))
    """
    count = whole_number("compare_stack", "count", count, 1)
    kernel_size = whole_number("compare_stack", "kernel_size", kernel_size, 1)
    pairs = whole_number("compare_stack", "channels", channels, 1) ** 2
    size = 1 + count * (kernel_size - 1)
    return StackComparison(size, count * kernel_size**2 * pairs, size**2 * pairs)

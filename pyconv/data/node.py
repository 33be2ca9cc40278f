# SPDX-License-Identifier: BSD-3-Clause
"""What a dataset is made of: a chain of nodes, each of which can begin a pass over its elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np

from pyconv.data.elements import Element, sliced

INFINITE, UNKNOWN = -1, -2  # in place of a number of elements
Seeds: TypeAlias = np.random.SeedSequence


class Node:
    """One step of a pipeline.

    `count` is how many elements a pass yields, or INFINITE or UNKNOWN; `draws` tells whether a pass
    needs random numbers beyond the seeds that the user gave. Passes share nothing, so several may
    run at once.
    """

    count: int = UNKNOWN
    draws: bool = False

    def start(self, seeds: Seeds) -> Iterator[Element]:
        """Begin a pass. Seeds are dealt out here, so what threads do later changes no number."""
        raise NotImplementedError

    def order(self, seeds: Seeds) -> tuple[Element, Iterator[int]] | None:
        """Begin the same pass as places in arrays (n, ...), where it is one; None elsewhere.

        Batches gather such places at once.
        """
        return None

    def batches(self, seeds: Seeds, size: int, *, drop_remainder: bool) -> Iterator[Element] | None:
        """Begin the same pass with `size` elements as one; None where stacking them does as well.

        A node that makes large arrays can so make them in the batch's memory.
        """
        return None

    def picked(self, seeds: Seeds) -> Iterator[Element] | None:
        """Begin the same pass from `order`; None where it has none."""
        ordered = self.order(seeds)
        if ordered is None:
            return None
        arrays, places = ordered
        return (sliced(arrays, place) for place in places)


class Below(Node):
    """A node that makes something of the elements of one other."""

    def __init__(self, below: Node) -> None:
        self.below = below
        self.count = below.count
        self.draws = below.draws


def generator_of(seeds: Seeds, number: int = 0) -> np.random.Generator:
    """Return a generator for one purpose, told from others of the same seeds by a number."""
    key = (*seeds.spawn_key, number)
    return np.random.Generator(np.random.PCG64(Seeds(seeds.entropy, spawn_key=key)))


def spawned(seeds: Seeds, number: int) -> Seeds:
    """Return seeds of one's own, the same for the same number."""
    return Seeds(seeds.entropy, spawn_key=(*seeds.spawn_key, number))

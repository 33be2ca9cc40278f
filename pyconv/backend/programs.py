# SPDX-License-Identifier: BSD-3-Clause
"""Programs: native calls in their order, made again without Python between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.backend.native import Array, _core
from pyconv.backend.recording import Recording


class Program:
    """The calls of a recording on memory of their own.

    Args:
        offsets: of the intermediate arrays in memory. results: parts of memory.
    """

    def __init__(
        self, recording: Recording, memory: Array, offsets: Sequence[int], results: list[Array]
    ) -> None:
        self._memory, self._kept, self.results = memory, recording.kept, results
        self._calls = _core.program(
            [(call.function, tuple(call.arguments)) for call in recording.bound(memory, offsets)]
        )

    @property
    def exists(self) -> bool:
        """Whether all calls are such as can be kept."""
        return self._calls is not None

    def run(self, x: Array) -> list[Array]:
        """Return copies of the results for an input like the recorded one."""
        x = _in_order(x)
        self._calls.run(_core.address(x))
        return [result.copy() for result in self.results]

    def lane(self, wholes: list[Array]) -> tuple[Any, list[tuple[int, int, int]]]:
        """Return what run_lanes takes: where results are left, and where all parts' belong."""
        address = _core.address
        places = zip(self.results, wholes, strict=True)
        return self._calls, [(address(part), address(all_), part.nbytes) for part, all_ in places]


def run_side_by_side(programs: Sequence[Program], x: Array, parts: int) -> list[Array]:
    """Return the results for x (parts * n, ...), whose parts the programs share out.

    Each program takes a part of n at a time, and leaves n rows of each result.
    """
    x = _in_order(x)
    wholes = [np.empty((parts * len(a), *a.shape[1:]), a.dtype) for a in programs[0].results]
    lanes = [program.lane(wholes) for program in programs]
    _core.run_lanes(lanes, _core.address(x), x.nbytes // parts, parts)
    return wholes


def _in_order(x: Array) -> Array:
    plain = x.flags.c_contiguous and x.flags.aligned
    return x if plain else np.require(x, requirements=["C", "A"])

# SPDX-License-Identifier: BSD-3-Clause
"""Plans and the traces they are made from: native calls on memory that a plan keeps."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pyconv import backend
from pyconv.backend import Array
from pyconv.models.outputs import leaves, mapped
from pyconv.models.packing import packed


class Result(NamedTuple):
    """Where an output lies in the memory of a plan."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    offset: int


class Trace(NamedTuple):
    """What plans are made from.

    Attributes:
        offsets: of what the calls compute, in `size` bytes of memory.
        outputs: the structure of the results.
    """

    recording: backend.Recording
    offsets: list[int]
    size: int
    results: list[Result]
    outputs: Any


class Plan:
    """Native calls on memory that the plan keeps; results are copied out."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.outputs = trace, trace.outputs
        self.memory = memory = backend.empty_on(np.empty(0), (trace.size,), np.uint8)
        parts = [
            np.ndarray(result.shape, result.dtype, memory, result.offset, result.strides)
            for result in trace.results
        ]
        self.program = backend.Program(trace.recording, memory, trace.offsets, parts)

    @property
    def nbytes(self) -> int:
        return self.memory.nbytes

    @property
    def results(self) -> list[Array]:
        """Where its outputs lie."""
        return self.program.results

    def run(self, x: Array) -> list[Array]:
        """Return the outputs for x as fresh arrays."""
        return self.program.run(x)

    def follower(self, x: Array, part: tuple[int, int] | None = None) -> backend.Follower:
        """Return what makes the calls on x one by one, in the plan's memory."""
        trace = self.trace
        return backend.Follower(trace.recording, self.memory, trace.offsets, x, part)


def traced(recording: backend.Recording, outputs: Any) -> Trace | None:
    """Return what was recorded in as little memory as it takes; None if outputs are not of it."""
    spans, after = list(recording.spans), len(recording.calls)
    arrays = [output.array for output in leaves(outputs)]
    places = [place for array in arrays if (place := recording.place(array)) is not None]
    if len(places) < len(arrays):
        return None
    for number, _ in places:
        spans[number] = spans[number]._replace(last=after)
    offsets, size = packed(spans)
    results = [
        Result(array.shape, array.dtype, array.strides, offsets[number] + offset)
        for array, (number, offset) in zip(arrays, places, strict=True)
    ]
    return Trace(recording, offsets, size, results, mapped(lambda _: None, outputs))

# SPDX-License-Identifier: BSD-3-Clause
"""Tracing: how a plan is made from one ordinary run, and believed after a second one."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from pyconv import backend
from pyconv.backend import Array
from pyconv.layers import Layer
from pyconv.models.folding import inference
from pyconv.models.known import variables_inside
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

    def run(self, x: Array) -> list[Array]:
        """Return the outputs for x as fresh arrays."""
        return self.program.run(x)


def traced_plan(model: Layer, x: Array, room: int) -> Plan | None:
    """Return a plan that gives the ordinary results on other numbers too; None if there is none.

    Args:
        x: an array on the host. room: bytes that what is computed may take.
    """
    held = np.array(x, order="C")
    recording = backend.Recording(held, [v.array for v in variables_inside(model)])
    with inference():
        with backend.native_calls_by(recording):
            outputs = model(held, training=False)
        trace = _trace(recording, outputs)
        if trace is None or trace.size > room:
            return None
        plan = Plan(trace)
        if not plan.program.exists:
            return None
        held[...] = other_numbers(x)
        calls = recording.bound(plan.memory, trace.offsets, held)
        comparison = backend.Comparison(calls, plan.memory, trace.offsets, recording.spans)
        with backend.native_calls_by(comparison), np.errstate(all="ignore"):
            expected = [output.array for output in leaves(model(held, training=False))]
    return plan if comparison.holds and agree(plan.program.results, expected) else None


def _trace(recording: backend.Recording, outputs: Any) -> Trace | None:
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


def agree(found: list[Array], expected: list[Array]) -> bool:
    """Tell whether results have the same shapes and bits, all of them finite numbers."""
    return all(
        a.shape == b.shape and np.isfinite(b).all() and a.tobytes() == b.tobytes()
        for a, b in zip(found, expected, strict=True)
    )


def other_numbers(x: Array) -> Array:
    """Return numbers of the size of x, none where it was."""
    ramp = np.linspace(0.25, 1.0, x.size, dtype=x.dtype).reshape(x.shape)
    moved: Array = x[..., ::-1] + ramp
    return moved

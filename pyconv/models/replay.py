# SPDX-License-Identifier: BSD-3-Clause
"""Replays: a step on a GPU as one CUDA graph, for batches of the same shapes.

A small network's kernels are shorter than Python's way to them. Forward and backward are captured
together once the same shapes have come often; the optimizer's step, whose numbers change, stays
outside. A graph is believed only after it gave the bits of the ordinary run on the same batch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from pyconv import random
from pyconv.autograd import Tensor, Variable
from pyconv.backend import Array, Capture, can_capture, copy_into, is_on_device, to_host
from pyconv.layers import Layer
from pyconv.layers.running import running, structure
from pyconv.models.batch import Batch
from pyconv.models.known import is_known
from pyconv.models.outputs import filled, leaves
from pyconv.ops.conv2d import auto_code

SIGHTINGS = 2  # ordinary steps of the same shapes before a graph is made
MOST_GRAPHS = 4  # of a model at a time
MOST_MAKINGS = 32  # after which what keeps changing is done as usual
LARGEST_BYTES = 256 << 20  # of a graph's own memory; above, kernels are longer than launches

Results = list[Tensor | None]
Work = Callable[[Batch], Results]
Kind = tuple[Any, ...]


class Guard(NamedTuple):
    """What a graph was made under: it holds while all of it is the same."""

    structure: int
    algorithm: int
    constants: tuple[Any, ...]  # numbers of the host that went into it
    weights: tuple[tuple[Variable, Array], ...]

    @classmethod
    def of(cls, model: Layer, constants: tuple[Any, ...]) -> Guard:
        weights = tuple((v, v.array) for v in model.weights)
        return cls(structure.changes, auto_code(), constants, weights)

    def holds(self, constants: tuple[Any, ...]) -> bool:
        same = self.structure == structure.changes and self.algorithm == auto_code()
        return (
            same
            and self.constants == constants
            and all(v.array is array for v, array in self.weights)
        )


class Replay:
    """A captured step: its inputs, into which batches are copied, and its results."""

    def __init__(
        self, capture: Capture, batch: Batch, results: Results, moved: list[Variable]
    ) -> None:
        self.capture, self.batch, self.results = capture, batch, results
        self.moved = moved  # variables that the step itself changes

    def run(self, batch: Batch) -> Results:
        for held, array in zip(_arrays(self.batch), _arrays(batch), strict=True):
            copy_into(held, array)
        self.capture.launch()
        for variable in self.moved:
            variable.version += 1
        return self.results


class Replays:
    """The graphs of one model. A copy of a model begins with none."""

    def __init__(self) -> None:
        self._replays: dict[Kind, tuple[Guard, Replay]] = {}
        self._seen: dict[Kind, int] = {}
        self._refused: set[Kind] = set()
        self._makings = 0

    def __reduce__(self) -> tuple[type[Replays], tuple[()]]:
        return Replays, ()

    def run(
        self, model: Layer, batch: Batch, work: Work, name: str, constants: tuple[Any, ...] = ()
    ) -> Results:
        """Return work(batch), by a graph where there is one.

        Args:
            work: runs the model and what belongs to it on a batch; what it returns is valid until
                the next step.
            name: tells works apart. constants: numbers of the host that it uses.
        """
        arrays = _arrays(batch)
        if running.observer or not can_capture() or not all(map(is_on_device, arrays)):
            return work(batch)
        places = (*leaves(batch.x), *batch.y, *batch.weights)
        # Another thread's step would write into the same results.
        kind = (
            name,
            threading.get_ident(),
            *(None if a is None else (a.shape, a.dtype) for a in places),
        )
        entry = self._replays.get(kind)
        if entry is not None:
            guard, replay = entry
            if guard.holds(constants):
                return replay.run(batch)
            del self._replays[kind]
        if kind in self._refused or not self._is_due(kind):
            return work(batch)
        self._makings += 1
        results, made = _made(model, batch, work, constants)
        if made is None:
            self._refused.add(kind)
        else:
            self._replays[kind] = made
        return results

    def _is_due(self, kind: Kind) -> bool:
        if len(self._replays) >= MOST_GRAPHS or self._makings >= MOST_MAKINGS:
            return False
        seen = self._seen[kind] = self._seen.get(kind, 0) + 1
        return seen > SIGHTINGS


def _made(
    model: Layer, batch: Batch, work: Work, constants: tuple[Any, ...]
) -> tuple[Results, tuple[Guard, Replay] | None]:
    """Return the results of a step, and the graph that gives the same, if there is one."""
    if not all(map(is_known, model.with_sublayers())):
        return work(batch), None
    held = _copied(batch)
    moving = [v for v in model.weights if not v.trainable]
    before, drawn = [v.array.copy() for v in moving], random.get_state()
    guard, capture = Guard.of(model, constants), Capture(model.device)
    expected = [_copy(tensor) for tensor in capture.run(lambda: work(held))]
    if drawn != random.get_state() or capture.nbytes > LARGEST_BYTES:
        return expected, None  # another step draws other numbers
    after, versions = [v.array.copy() for v in moving], [v.version for v in moving]
    _restore(moving, before)
    try:
        captured = capture.record(lambda: work(held))
        capture.launch()
        states = zip((v.array for v in moving), after, strict=True)
        same = _same(captured, expected) and all(_same_bits(*pair) for pair in states)
    except Exception:  # whatever cannot be captured is done as usual
        same = False
    if not same or not guard.holds(constants):
        _restore(moving, after)
        return expected, None
    moved = [v for v, version in zip(moving, versions, strict=True) if v.version != version]
    return captured, (guard, Replay(capture, held, captured, moved))


def _arrays(batch: Batch) -> list[Array]:
    return [a for a in (*leaves(batch.x), *batch.y, *batch.weights) if a is not None]


def _copied(batch: Batch) -> Batch:
    """Return a batch of arrays that nobody else holds."""
    x = [array.copy() for array in leaves(batch.x)]
    y, weights = (
        [None if a is None else a.copy() for a in part] for part in (batch.y, batch.weights)
    )
    return batch._replace(x=filled(batch.x, x), y=y, weights=weights)


def _copy(tensor: Tensor | None) -> Tensor | None:
    if tensor is None:
        return None
    copy = Tensor.wrap(tensor.array.copy())
    if tensor.made_from is not None:
        kind, logits = tensor.made_from
        copy.made_from = kind, Tensor.wrap(logits.array.copy())
    return copy


def _restore(variables: list[Variable], values: list[Array]) -> None:
    for variable, value in zip(variables, values, strict=True):
        copy_into(variable.array, value)


def _same(found: Results, expected: Results) -> bool:
    return len(found) == len(expected) and all(
        a is b is None or (a is not None and b is not None and _same_bits(a.array, b.array))
        for a, b in zip(found, expected, strict=True)
    )


def _same_bits(a: Array, b: Array) -> bool:
    return to_host(a).tobytes() == to_host(b).tobytes()

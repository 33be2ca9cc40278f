# SPDX-License-Identifier: BSD-3-Clause
"""Plans: the native calls of a prediction, replayed for inputs of the same shape.

For small inputs Python's way from layer to kernel takes longer than the kernels. A plan is traced
from one ordinary run, and what its calls compute is given memory of the plan's own. It is believed
only after the calls alone, in memory that was NaN before, left the bits of a second run, call by
call: so nothing that NumPy computed is taken for fixed.
"""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from pyconv import backend
from pyconv.autograd import Variable
from pyconv.layers import Layer
from pyconv.layers.running import running, structure
from pyconv.models.known import all_layers, is_known, trains, variables_inside
from pyconv.models.lanes import Lanes, traced_lanes
from pyconv.models.outputs import filled
from pyconv.models.tracing import Plan, traced_plan
from pyconv.ops.conv2d import auto_code

Array = np.ndarray[Any, Any]
Kind = tuple[tuple[int, ...], np.dtype[Any]]  # of an input: shape and dtype
# Runs of one kind before a plan is worth its making; bytes that the plans of a model keep at most.
SIGHTINGS = 3
LARGEST_BYTES = 64 << 20
# Shapes watched, planned for or given up, and plans that came to nothing, after which no more are
# made.
MOST_SHAPES = 16
MOST_FAILURES = 8

_tracing = threading.Lock()


class Guard(NamedTuple):
    """What a plan was made under: it holds while all of it is the same."""

    structure: int
    algorithm: int
    instruction_set: str
    module: ModuleType  # of native functions
    weights: tuple[tuple[Variable, int, Array], ...]

    @classmethod
    def of(cls, model: Layer) -> Guard:
        weights = tuple((v, v.version, v.array) for v in variables_inside(model))
        native = backend.instruction_set(), backend.host_module()
        return cls(structure.changes, auto_code(), *native, weights)

    def holds(self) -> bool:
        if self.structure != structure.changes or self.algorithm != auto_code():
            return False
        if self.instruction_set != backend.instruction_set():
            return False
        if self.module is not backend.host_module():
            return False
        return all(v.version == version and v.array is array for v, version, array in self.weights)


class Plans:
    """The plans of one model by the shape of its input. A copy of a model begins with none."""

    def __init__(self) -> None:
        # But those that threads are running.
        self._plans: dict[Kind, tuple[Guard, Plan | Lanes]] = {}
        self._bytes: dict[Kind, int] = {}  # of those and these
        self._seen: dict[Kind, int] = {}
        self._given_up: dict[Kind, int] = {}  # and the structure that came to nothing
        self._failures = 0

    def __reduce__(self) -> tuple[type[Plans], tuple[()]]:
        return Plans, ()

    def replayed(self, x: Any) -> Any:
        """Return the model's outputs for a batch x as fresh arrays; None where there is no plan."""
        if type(x) is not np.ndarray or running.observer:
            return None
        kind = x.shape, x.dtype
        entry = self._plans.pop(kind, None)  # no other thread uses its arrays meanwhile
        if entry is None:
            return None
        guard, plan = entry
        if not guard.holds():
            self._bytes.pop(kind, None)
            self._failures += 1
            return None
        found = filled(plan.outputs, plan.run(x))
        self._plans[kind] = entry
        return found

    def outputs(self, model: Layer, x: Any) -> Any:
        """Return the same, after making a plan for inputs that come often."""
        found = self.replayed(x)
        if found is not None or type(x) is not np.ndarray or running.observer:
            return found
        entry = None if self._failures > MOST_FAILURES else self._make(model, x)
        if entry is None:
            return None
        kind = x.shape, x.dtype
        self._plans[kind], self._bytes[kind] = entry, entry[1].nbytes
        return self.replayed(x)

    def _make(self, model: Layer, x: Array) -> tuple[Guard, Plan | Lanes] | None:
        kind = x.shape, x.dtype
        if self._given_up.get(kind) == structure.changes:
            return None
        seen = self._seen.get(kind, 0) + 1
        if seen <= SIGHTINGS:
            known = len(self._seen) + len(self._plans) + len(self._given_up)
            if seen > 1 or known < MOST_SHAPES:
                self._seen[kind] = seen
            return None
        self._seen.pop(kind, None)
        if not all(is_known(layer) and not trains(layer) for layer in all_layers(model)):
            self._failures = MOST_FAILURES + 1
            return None
        if not _tracing.acquire(blocking=False):
            return None
        try:
            guard = Guard.of(model)
            plan = _traced(model, x, LARGEST_BYTES - sum(list(self._bytes.values())))
        finally:
            _tracing.release()
        if plan is None:
            self._given_up[kind] = guard.structure
            return None
        if not guard.holds():
            self._failures += 1
            return None
        return guard, plan


def _traced(model: Layer, x: Array, room: int) -> Plan | Lanes | None:
    """Return a plan that gives the ordinary results on other numbers too; None if there is none.

    Args:
        room: bytes that its results may take.
    """
    if not backend.kernels_for(x).has_arena:
        return None
    return traced_lanes(model, x, room) or traced_plan(model, x, room)

# SPDX-License-Identifier: BSD-3-Clause
"""Plans: the native calls of a prediction, replayed for inputs of the same shape.

For small inputs Python's way from layer to kernel takes longer than the kernels. A plan is traced
from one ordinary run. It is believed only after all that the run had computed was made NaN and
the calls alone gave the bits of a second run: so nothing that NumPy computed is taken for fixed.
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
from pyconv.models.folding import inference
from pyconv.models.known import all_layers, is_known
from pyconv.models.outputs import filled, leaves
from pyconv.ops.conv2d import auto_code

Array = np.ndarray[Any, Any]
Kind = tuple[tuple[int, ...], np.dtype[Any]]  # of an input: shape and dtype
# Runs of one kind before a plan is worth its making; results that a plan keeps at most.
SIGHTINGS = 3
LARGEST_BYTES = 4 << 20
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
        weights = tuple((v, v.version, v.array) for v in model.weights)
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


class Plan:
    """Native calls on arrays that the plan keeps; x is copied in, results are copied out."""

    def __init__(self, x: Array, calls: list[backend.NativeCall], outputs: Any) -> None:
        self.x, self.outputs, self.arrays = x, outputs, leaves(outputs)
        self.calls = [(call.function, call.addresses) for call in calls]
        self.kept = [call.arguments for call in calls]  # alive as long as their addresses

    def run(self, x: Array) -> list[Array]:
        self.x[...] = x
        for function, addresses in self.calls:
            function(*addresses)
        return [array.copy() for array in self.arrays]

    def forget(self, weights: list[Array]) -> None:
        """Make NaN of all that is neither input nor constant."""
        constant = {id(_owner(array)) for array in (self.x, *weights)}
        computed = [a for arguments in self.kept for a in arguments if _is_host(a)]
        for owner in map(_owner, (*computed, *self.arrays)):
            if owner.flags.writeable and owner.dtype.kind == "f" and id(owner) not in constant:
                owner.fill(np.nan)


class Plans:
    """The plans of one model by the shape of its input. A copy of a model begins with none."""

    def __init__(self) -> None:
        self._plans: dict[Kind, tuple[Guard, Plan]] = {}
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
        self._plans[x.shape, x.dtype] = entry
        return self.replayed(x)

    def _make(self, model: Layer, x: Array) -> tuple[Guard, Plan] | None:
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
        if not all(map(is_known, all_layers(model))):
            self._failures = MOST_FAILURES + 1
            return None
        if not _tracing.acquire(blocking=False):
            return None
        try:
            guard = Guard.of(model)
            plan = _traced(model, x)
        finally:
            _tracing.release()
        if plan is None:
            self._given_up[kind] = guard.structure
            return None
        if not guard.holds():
            self._failures += 1
            return None
        return guard, plan


def _traced(model: Layer, x: Array) -> Plan | None:
    """Return a plan that gives the ordinary results on other numbers too; None if there is none."""
    held = np.array(x, order="C")
    weights = [v.array for v in model.weights]
    with inference():
        with backend.native_calls(LARGEST_BYTES, weights) as recording:
            outputs = model(held, training=False)
        arrays = [output.array for output in leaves(outputs)]
        if recording.overflowed or not recording.calls or not all(map(_is_host, arrays)):
            return None
        plan = Plan(held, recording.calls, filled(outputs, arrays))
        other = _other_numbers(x)
        expected = [output.array for output in leaves(model(other, training=False))]
    if not all(np.isfinite(array).all() for array in expected):
        return None
    plan.forget(weights)
    replayed = plan.run(other)
    same = all(a.tobytes() == b.tobytes() for a, b in zip(expected, replayed, strict=True))
    return plan if same else None


def _owner(array: Array) -> Array:
    """Return the array whose memory this one looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _is_host(array: object) -> bool:
    return isinstance(array, np.ndarray)


def _other_numbers(x: Array) -> Array:
    """Return numbers of the size of x, none where it was."""
    ramp = np.linspace(0.25, 1.0, x.size, dtype=x.dtype).reshape(x.shape)
    moved: Array = x[..., ::-1] + ramp
    return moved

# SPDX-License-Identifier: BSD-3-Clause
"""Plans: the native calls of a prediction, replayed for inputs of the same shape.

For small inputs Python's way from layer to kernel takes longer than the kernels. A plan is drafted
in one ordinary run, and what its calls compute is given memory of the plan's own. It is believed
only after the calls alone, in memory that was NaN before, left the bits of a later run on other
numbers, call by call: so nothing that NumPy computed is taken for fixed. Both runs serve who asked.
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
from pyconv.models.drafts import Draft, drafted
from pyconv.models.known import is_known, trains, variables_inside
from pyconv.models.lanes import Lanes, lane_draft
from pyconv.models.outputs import filled
from pyconv.models.tracing import Plan
from pyconv.ops.conv2d import auto_code

Array = np.ndarray[Any, Any]
Kind = tuple[tuple[int, ...], np.dtype[Any]]  # of an input: shape and dtype
# Runs of one kind until a plan is drafted in the last of them. For weights that change all the time
# plans do not pay: after so many that came to nothing, each doubles the runs, so many times.
SIGHTINGS = 3
FREE_FAILURES, MOST_DOUBLINGS = 8, 8
# Bytes that the plans of a model keep at most; shapes watched, planned for or given up.
LARGEST_BYTES = 64 << 20
MOST_SHAPES = 16

# By "thread", the one that traces; one that an interrupt kept from saying that it ended goes on.
_turn: dict[str, int] = {}


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
        self._drafts: dict[Kind, tuple[Guard, Draft]] = {}
        self._seen: dict[Kind, int] = {}
        self._given_up: dict[Kind, int] = {}  # and the structure that came to nothing
        self._together: set[Kind] = set()  # whose batches no lanes can part
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
            self._forget()
            return None
        try:
            return filled(plan.outputs, plan.run(x))
        finally:  # after an interrupt, too: each run writes all that it reads
            self._plans[kind] = entry

    def outputs(self, model: Layer, x: Any) -> Any:
        """Return the same, or what making a plan for inputs that come often gave on the way."""
        found = self.replayed(x)
        if found is not None or type(x) is not np.ndarray or running.observer:
            return found
        kind = x.shape, x.dtype
        own = threading.get_ident()
        if not self._is_due(kind) or _turn.setdefault("thread", own) != own:
            return None
        try:
            entry = self._drafts.pop(kind, None)
            return self._draft(model, x) if entry is None else self._prove(model, x, *entry)
        finally:
            _turn.pop("thread", None)

    def _is_due(self, kind: Kind) -> bool:
        if self._given_up.get(kind) == structure.changes:
            return False
        seen = self._seen.get(kind, 0) + 1
        known = len(self._seen) + len(self._bytes) + len(self._given_up)
        if seen > 1 or known < MOST_SHAPES:
            self._seen[kind] = seen
        doublings = min(max(self._failures - FREE_FAILURES, 0), MOST_DOUBLINGS)
        return seen >= SIGHTINGS << doublings

    def _draft(self, model: Layer, x: Array) -> Any:
        kind = x.shape, x.dtype
        if not backend.kernels_for(x).has_arena or not _may_repeat(model):
            return self._give_up(kind)
        if kind in self._bytes:  # another thread runs that plan, or an interrupt has lost it
            self._failures += 1
        guard = Guard.of(model)
        weights = [array for _, _, array in guard.weights]
        if kind not in self._together:
            lanes = lane_draft(model, x, weights)
            if lanes is not None:
                self._drafts[kind] = guard, lanes
                return None
        outputs, draft = drafted(model, x, weights)
        if draft is None:
            self._give_up(kind)
        else:
            self._drafts[kind] = guard, draft
        return outputs

    def _prove(self, model: Layer, x: Array, guard: Guard, draft: Draft) -> Any:
        """Return outputs for x by the draft of a plan, or by the run that it was proved beside."""
        kind = x.shape, x.dtype
        if not guard.holds():
            self._forget()
            return self._wait(kind)
        others = sum(size for other, size in list(self._bytes.items()) if other != kind)
        if draft.nbytes > LARGEST_BYTES - others:
            return self._not_so(kind, draft)
        proof = draft.proved(model, x)
        if proof.plan is not None and guard.holds():
            self._seen.pop(kind, None)
            self._plans[kind], self._bytes[kind] = (guard, proof.plan), proof.plan.nbytes
        elif proof.told and guard.holds():
            self._not_so(kind, draft)
        else:
            self._wait(kind)
        return self.replayed(x) if proof.outputs is None else proof.outputs

    def _wait(self, kind: Kind) -> None:
        """Let inputs come often once more before another draft."""
        self._seen[kind] = 0
        self._failures += 1

    def _not_so(self, kind: Kind, draft: Draft) -> None:
        """Make no more such drafts."""
        if type(draft) is Draft:
            return self._give_up(kind)
        self._together.add(kind)
        return None

    def _give_up(self, kind: Kind) -> None:
        self._seen.pop(kind, None)
        self._given_up[kind] = structure.changes

    def _forget(self) -> None:
        """Let go of what holds no more, and the weights of then with it."""
        for entries in (self._plans, self._drafts):
            for kind, entry in list(entries.items()):
                if not entry[0].holds() and entries.pop(kind, None) is not None:
                    self._bytes.pop(kind, None)


def _may_repeat(model: Layer) -> bool:
    return all(is_known(layer) and not trains(layer) for layer in model.with_sublayers())

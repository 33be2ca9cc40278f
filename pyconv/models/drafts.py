# SPDX-License-Identifier: BSD-3-Clause
"""Drafts: how a plan is made from one ordinary run, and proved beside a later one."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from pyconv import backend
from pyconv.backend import Array
from pyconv.layers import Layer
from pyconv.models.folding import inference
from pyconv.models.outputs import leaves, mapped
from pyconv.models.tracing import Plan, Trace, traced

# Of numbers that nobody gave: among larger ones others would be lost.
LARGEST_INVENTED = 1 << 12


class Draft:
    """A plan that is yet to be believed: the trace of one ordinary run.

    Args:
        digest: of the numbers that ran.
    """

    def __init__(self, trace: Trace, digest: int) -> None:
        self.trace, self.digest = trace, digest

    @property
    def nbytes(self) -> int:
        """The bytes that its plan will take."""
        return self.trace.size

    def proved(self, model: Layer, x: Array) -> Proof:
        """Run the model on x as usual, or on other numbers, and the plan beside it."""
        numbers, own = self.numbers(x)
        plan = Plan(self.trace)
        if not plan.program.exists:
            return NOTHING
        outputs = outputs_beside([plan.follower(numbers)], model, numbers, own)
        return NOTHING if outputs is None else Proof.of(plan, outputs, plan.results, own)

    def numbers(self, x: Array) -> tuple[Array, bool]:
        """Return finite numbers of the size of x that tell; whether it is x."""
        numbers = np.array(x, order="C")
        if np.isfinite(numbers).all() and self.tells(numbers):
            return numbers, True
        return other_numbers(numbers), False

    def tells(self, numbers: Array) -> bool:
        """Whether these are not the numbers of which all that was made may be in the trace."""
        return digest_of(numbers) != self.digest


class Proof(NamedTuple):
    """What came of an attempt to prove a draft.

    Attributes:
        plan: None where the draft is wrong. told: whether the numbers could tell.
        outputs: arrays of the ordinary run, where it ran on the numbers of the caller.
    """

    plan: Any
    told: bool
    outputs: Any

    @classmethod
    def of(cls, plan: Any, outputs: Any, found: Sequence[Array], own: bool) -> Proof:
        """Judge results that were found beside outputs: the same bits, and finite numbers."""
        expected = leaves(outputs)
        same = all(map(_agree, found, expected))
        told = not same or all(np.isfinite(array).all() for array in expected)
        return cls(plan if same and told else None, told, outputs if own else None)


NOTHING = Proof(None, True, None)


def drafted(model: Layer, x: Array, weights: Sequence[Array]) -> tuple[Any, Draft | None]:
    """Return a model's outputs, arrays, for an array on the host, and the draft of a plan.

    Where results come from elsewhere than native calls there is none.
    """
    held = np.array(x, order="C")
    recording = backend.Recording(held, weights)
    with inference(), backend.native_calls_by(recording):
        outputs = model(held, training=False)
    trace = traced(recording, outputs)
    draft = None if trace is None else Draft(trace, digest_of(held))
    return mapped(lambda output: output.array, outputs), draft


def outputs_beside(
    followers: Sequence[backend.Follower], model: Layer, numbers: Array, own: bool
) -> Any:
    """Return a model's outputs, arrays, by an ordinary run that all follow; None if one cannot.

    Args:
        own: the numbers are the user's, who wants to know what NumPy has to say of them.
    """
    comparison = backend.Comparison(followers)
    try:
        with inference(), backend.native_calls_by(comparison), quiet(not own):
            outputs = model(numbers, training=False)
    except Exception:  # NumPy would write over a result, or refuses invented numbers
        return None
    return mapped(lambda output: output.array, outputs) if comparison.holds else None


def quiet(invented: bool) -> AbstractContextManager[Any]:
    """Return a block in which NumPy says nothing of invented numbers."""
    return np.errstate(all="ignore") if invented else nullcontext()


def _agree(a: Array, b: Array) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()


def digest_of(x: Array) -> int:
    """Return a number that tells contiguous arrays apart."""
    return zlib.crc32(x.data)


def other_numbers(x: Array) -> Array:
    """Return finite numbers about as large as those of x, none where it was."""
    ramp = np.linspace(0.25, 1.0, x.size, dtype=x.dtype).reshape(x.shape)
    calm = np.clip(np.nan_to_num(x), -LARGEST_INVENTED, LARGEST_INVENTED)
    moved: Array = calm[..., ::-1] + ramp
    return moved

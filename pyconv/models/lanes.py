# SPDX-License-Identifier: BSD-3-Clause
"""Lanes: images of a batch go through all layers one by one, each thread with its own image.

What lies between layers then stays in the cache of one core, and no thread waits for another but
at the end. It pays for large images and few weights, which each image reads once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyconv import backend
from pyconv.backend import Array
from pyconv.layers import Layer
from pyconv.models.drafts import NOTHING, Draft, Proof, digest_of, drafted, outputs_beside
from pyconv.models.tracing import Plan

# Bytes of an image, and of what is computed from it at a time, at least.
LEAST_IMAGE, LEAST_MEMORY = 64 << 10, 512 << 10
# Weights that a cache can hold which all cores share.
MOST_WEIGHTS = 32 << 20
# Images of a lane from which on it matters little that another has one more.
MANY_IMAGES = 4


class Lanes:
    """Equal plans for one image, one for each thread."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plans = [plan, *(Plan(plan.trace) for _ in range(number - 1))]
        self.outputs: Any = plan.outputs

    @property
    def nbytes(self) -> int:
        return sum(plan.nbytes for plan in self.plans)

    def run(self, x: Array) -> list[Array]:
        """Return the outputs for images x as fresh arrays."""
        return backend.run_side_by_side([plan.program for plan in self.plans], x, len(x))


class LaneDraft(Draft):
    """Lanes, so many, that are yet to be believed: the trace of one image."""

    def __init__(self, draft: Draft, number: int) -> None:
        super().__init__(draft.trace, draft.digest)
        self._number = number

    @property
    def nbytes(self) -> int:
        return self._number * self.trace.size

    def tells(self, numbers: Array) -> bool:
        """Whether no two images are alike, so that none can stand for another."""
        return len({self.digest, *map(digest_of, numbers)}) > len(numbers)

    def proved(self, model: Layer, x: Array) -> Proof:
        """Run the model on a batch, and plans of its first and last image beside it.

        So what a layer makes of several images shows where it is made, whatever becomes of it; of
        the images between the outputs tell.
        """
        numbers, own = self.numbers(x)
        lanes, last = Lanes(Plan(self.trace), self._number), len(x) - 1
        if not lanes.plans[0].program.exists:
            return NOTHING
        ends = lanes.plans[0], lanes.plans[1] if self._number > 1 else Plan(self.trace)
        followers = [
            plan.follower(numbers[i : i + 1], (i, len(x)))
            for plan, i in zip(ends, (0, last), strict=True)
        ]
        outputs = outputs_beside(followers, model, numbers, own)
        return NOTHING if outputs is None else Proof.of(lanes, outputs, lanes.run(numbers), own)


def lane_draft(model: Layer, x: Array, weights: Sequence[Array]) -> LaneDraft | None:
    """Return the draft of lanes for images on the host; None where they do not pay."""
    if x.ndim != 4 or len(x) < 2 or x[0].nbytes < LEAST_IMAGE:
        return None
    number = min(backend.num_threads(), len(x))
    nbytes = sum(array.nbytes for array in weights)
    even = len(x) % number == 0 or len(x) >= MANY_IMAGES * number
    if not even or nbytes > MOST_WEIGHTS:
        return None
    draft = _of_one_image(model, x, weights)
    if draft is None or draft.nbytes < LEAST_MEMORY:
        return None
    if nbytes > 2 * sum(span.size for span in draft.trace.recording.spans):  # written and read
        return None
    return LaneDraft(draft, number)


def _of_one_image(model: Layer, x: Array, weights: Sequence[Array]) -> Draft | None:
    """Return the draft for the first image; None also where the model takes no batch of one."""
    try:
        _, draft = drafted(model, x[:1], weights)
    except ValueError:
        return None
    alone = draft is not None and all(result.shape[:1] == (1,) for result in draft.trace.results)
    return draft if alone else None

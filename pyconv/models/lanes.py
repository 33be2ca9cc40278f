# SPDX-License-Identifier: BSD-3-Clause
"""Lanes: images of a batch go through all layers one by one, each thread with its own image.

What lies between layers then stays in the cache of one core, and no thread waits for another but
at the end. It pays for large images and few weights, which each image reads once more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import backend
from pyconv.backend import Array
from pyconv.layers import Layer
from pyconv.models.folding import inference
from pyconv.models.known import variables_inside
from pyconv.models.outputs import leaves
from pyconv.models.tracing import Plan, agree, other_numbers, traced_plan

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


def traced_lanes(model: Layer, x: Array, room: int) -> Lanes | None:
    """Return lanes that give the ordinary results; None where they do not, or do not pay.

    Args:
        x: images on the host. room: bytes that what is computed may take.
    """
    if x.ndim != 4 or len(x) < 2 or x[0].nbytes < LEAST_IMAGE:
        return None
    number = min(backend.num_threads(), len(x))
    weights = sum(v.array.nbytes for v in variables_inside(model))
    even = len(x) % number == 0 or len(x) >= MANY_IMAGES * number
    if not even or weights > MOST_WEIGHTS:
        return None
    plan = _of_one_image(model, x, room // number)
    if plan is None or plan.nbytes < LEAST_MEMORY:
        return None
    if weights > 2 * sum(span.size for span in plan.trace.recording.spans):  # written and read
        return None
    lanes, other = Lanes(plan, number), other_numbers(x)
    with inference(), np.errstate(all="ignore"):
        expected = [output.array for output in leaves(model(other, training=False))]
    return lanes if agree(lanes.run(other), expected) else None


def _of_one_image(model: Layer, x: Array, room: int) -> Plan | None:
    """Return the plan of the first image; None also where the model takes no batch of one."""
    try:
        plan = traced_plan(model, x[:1], room)
    except ValueError:
        return None
    alone = plan is not None and all(result.shape[:1] == (1,) for result in plan.trace.results)
    return plan if alone else None

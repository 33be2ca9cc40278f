# SPDX-License-Identifier: BSD-3-Clause
"""The steps by which a graph of layers runs."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyconv.layers.structure import flatten, map_leaves


class Slot:
    """Where a step finds a tensor among the values of a run."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class Step(NamedTuple):
    """One use of a layer: what it takes and gives by slots, and which slots nobody needs after."""

    layer: Any  # a Layer, an Operation or a Folded
    arguments: Any  # a Slot, or a structure of Slots and constants
    training: bool | None
    outputs: tuple[int, ...]
    alone: bool  # the result is one tensor, no structure
    spent: tuple[int, ...] = ()

    @property
    def sources(self) -> list[int]:
        """The slots it takes."""
        return [x.index for x in flatten(self.arguments) if type(x) is Slot]

    def filled(self, values: list[Any]) -> Any:
        """Return the arguments with the values of a run in them."""
        if type(self.arguments) is Slot:
            return values[self.arguments.index]
        return map_leaves(lambda x: values[x.index] if type(x) is Slot else x, self.arguments)


def with_spent(steps: list[Step], results: list[int]) -> list[Step]:
    """Return the steps, each with the slots that no later step nor a result needs."""
    needed = set(results)
    found = []
    for step in reversed(steps):
        used = {*step.sources, *step.outputs}
        found.append(step._replace(spent=tuple(sorted(used - needed))))
        needed |= used
    found.reverse()
    return found

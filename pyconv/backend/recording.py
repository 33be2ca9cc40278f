# SPDX-License-Identifier: BSD-3-Clause
"""Native calls kept in their order, so that they can be made again without Python's way to them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from pyconv.backend.native import Array, _core

Kernel: TypeAlias = Callable[..., Any]

_INPUT = -1


class Place(NamedTuple):
    """A byte of an array that has a number instead of an address: intermediate, or the input."""

    number: int
    offset: int


class Span(NamedTuple):
    """An intermediate array: its bytes, and the first and the last call that it is given to."""

    size: int
    first: int
    last: int


class NativeCall(NamedTuple):
    """A call of a native function; addresses in arrays that have numbers are Places."""

    function: Kernel
    arguments: list[Any]


class Recording:
    """Native calls in their order, and what they lead from constants to results by.

    Intermediate arrays are let go as in any run; all others that a call was given are kept.

    Args:
        x: the input. constants: arrays that are there anyway; read-only ones are constants, too.
    """

    def __init__(self, x: Array, constants: Sequence[Array] = ()) -> None:
        self.calls: list[NativeCall] = []
        self.spans: list[Span] = []
        self.kept: dict[int, Array] = {}
        self._input = owner_of(x)
        self._constants = {id(owner_of(array)) for array in constants}
        self._numbers: dict[int, tuple[weakref.ref[Array], int]] = {}

    def made(self, function: Kernel, plain: list[Any], arguments: Sequence[Any]) -> Any:
        """Keep a call and make it: its arguments as the function takes them, and as they were."""
        if any(isinstance(value, np.ndarray) for value in arguments):
            self._add(function, list(plain), arguments)
        return function(*plain)

    def _add(self, function: Kernel, plain: list[Any], arguments: Sequence[Any]) -> None:
        at = len(self.calls)
        for i, value in enumerate(arguments):
            if isinstance(value, np.ndarray):
                owner = owner_of(value)
                if owner is self._input:
                    plain[i] = Place(_INPUT, plain[i] - _core.address(owner))
                elif self._is_intermediate(owner):
                    number = self._number(owner, at)
                    plain[i] = Place(number, plain[i] - _core.address(owner))
                else:
                    self.kept[id(owner)] = owner
        self.calls.append(NativeCall(function, plain))

    def place(self, array: Array) -> Place | None:
        """Return where an array that is still there begins; None if it is no intermediate one."""
        owner = owner_of(array)
        known, number = self._numbers.get(id(owner), (None, 0))
        if known is None or known() is not owner:
            return None
        return Place(number, _core.address(array) - _core.address(owner))

    def bound(
        self, memory: Array, offsets: Sequence[int], x: Array | None = None
    ) -> list[NativeCall]:
        """Return the calls with the intermediate arrays at these offsets in memory.

        Args:
            x: the input; None where each run of a program has its own.
        """
        start = _core.address(memory)
        first = _core.OF_INPUT if x is None else _core.address(x)

        def address(value: Any) -> Any:
            if type(value) is not Place:
                return value
            known = first if value.number == _INPUT else start + offsets[value.number]
            return known + value.offset

        return [
            NativeCall(call.function, list(map(address, call.arguments))) for call in self.calls
        ]

    def _is_intermediate(self, owner: Array) -> bool:
        own = owner.flags.writeable and owner.dtype.kind == "f"  # in whatever order its axes lie
        return own and id(owner) not in self._constants

    def _number(self, owner: Array, call: int) -> int:
        known, number = self._numbers.get(id(owner), (None, 0))
        if known is not None and known() is owner:
            self.spans[number] = self.spans[number]._replace(last=call)
            return number
        number = len(self.spans)
        self.spans.append(Span(owner.nbytes, call, call))
        self._numbers[id(owner)] = weakref.ref(owner), number
        return number


def owner_of(array: Array) -> Array:
    """Return the array whose memory this one looks at."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class Collecting(Protocol):
    """Makes native calls in the place of those that ask for them."""

    def made(self, function: Kernel, plain: list[Any], arguments: Sequence[Any]) -> Any: ...


class Calls(threading.local):
    """Where this thread's native calls are kept, if anywhere."""

    recording: Collecting | None = None


calls = Calls()

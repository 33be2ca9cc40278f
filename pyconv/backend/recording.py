# SPDX-License-Identifier: BSD-3-Clause
"""Native calls kept in their order, so that they can be made again without Python's way to them."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from pyconv.backend.native import Array, _core

Kernel: TypeAlias = Callable[..., Any]


class Place(NamedTuple):
    """A byte of an intermediate array, which has a number instead of an address."""

    number: int
    offset: int


class Span(NamedTuple):
    """An intermediate array: its bytes, and the first and the last call that it is given to."""

    size: int
    first: int
    last: int


class NativeCall(NamedTuple):
    """A call of a native function; addresses of intermediate arrays are Places."""

    function: Kernel
    arguments: list[Any]


class Recording:
    """Native calls in their order, and what they lead from constants to results by.

    Intermediate arrays are let go as in any run; all others that a call was given are kept.

    Args:
        constants: arrays that are there anyway; read-only ones are constants, too.
    """

    def __init__(self, constants: Sequence[Array] = ()) -> None:
        self.calls: list[NativeCall] = []
        self.spans: list[Span] = []
        self.kept: dict[int, Array] = {}
        self._constants = {id(owner_of(array)) for array in constants}
        self._numbers: dict[int, tuple[weakref.ref[Array], int]] = {}

    def add(self, function: Kernel, plain: list[Any], arguments: Sequence[Any]) -> None:
        """Keep a call: its arguments as the function got them, and as they were before."""
        if not any(isinstance(value, np.ndarray) for value in arguments):
            return
        at = len(self.calls)
        for i, value in enumerate(arguments):
            if isinstance(value, np.ndarray):
                owner = owner_of(value)
                if self._is_intermediate(owner):
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

    def bound(self, memory: Array, offsets: Sequence[int]) -> list[NativeCall]:
        """Return the calls with the intermediate arrays at these offsets in memory."""
        start = _core.address(memory)

        def address(value: Any) -> Any:
            return start + offsets[value.number] + value.offset if type(value) is Place else value

        return [
            NativeCall(call.function, list(map(address, call.arguments))) for call in self.calls
        ]

    def _is_intermediate(self, owner: Array) -> bool:
        flags = owner.flags
        own = flags.writeable and flags.c_contiguous and owner.dtype.kind == "f"
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


class Calls(threading.local):
    """Where this thread's native calls are kept, if anywhere."""

    recording: Recording | None = None


calls = Calls()

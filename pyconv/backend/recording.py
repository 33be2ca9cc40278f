# SPDX-License-Identifier: BSD-3-Clause
"""Native calls kept in their order, so that they can be made again without Python's way to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from pyconv.backend.native import Array

Kernel: TypeAlias = Callable[..., Any]


class NativeCall(NamedTuple):
    """A call of a native function: what it was given, and what that became."""

    function: Kernel
    addresses: list[Any]
    arguments: tuple[Any, ...]


class Recording:
    """Native calls in their order, let go once their arrays take more than `room` bytes.

    Args:
        known: arrays that are there anyway; they and read-only ones are not counted.
    """

    def __init__(self, room: int, known: Sequence[Array]) -> None:
        self.calls: list[NativeCall] = []
        self.overflowed = False
        self._room, self._known = room, known
        self._counted = set(map(id, known))

    def add(self, function: Kernel, plain: list[Any], arguments: tuple[Any, ...]) -> None:
        """Keep a call, and with it its arrays alive."""
        arrays = [value for value in arguments if isinstance(value, np.ndarray)]
        if self.overflowed or not arrays:
            return
        for array in arrays:
            if id(array) not in self._counted and array.flags.writeable:
                self._counted.add(id(array))
                self._room -= array.nbytes
        self.calls.append(NativeCall(function, plain, arguments))
        if self._room < 0:
            self.overflowed = True
            self.calls.clear()


class Calls(threading.local):
    """Where this thread's native calls are kept, if anywhere."""

    recording: Recording | None = None


calls = Calls()

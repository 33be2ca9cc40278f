# SPDX-License-Identifier: BSD-3-Clause
"""Comparisons: the calls of a plan made beside those of an ordinary run, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.backend.native import Array, _core
from pyconv.backend.recording import Kernel, Recording

_OF_NAN = 0xFF  # each byte of a NaN, whatever its width


class Follower:
    """A plan's calls, made one by one after those of an ordinary run.

    Memory is NaN until the call that uses it first: so what NumPy computes on the way, between two
    calls or in place, shows, whatever the later calls make of it. All else that a call takes, be it
    a constant or a number, must be what the ordinary call took.

    Args:
        recording, memory, offsets: the calls, and where the intermediate arrays lie.
        x: the input.
        part: which part of how many equal ones the plan computes of what the ordinary run does, if
            not all of it; constants and numbers may then differ.
    """

    def __init__(
        self,
        recording: Recording,
        memory: Array,
        offsets: Sequence[int],
        x: Array,
        part: tuple[int, int] | None = None,
    ) -> None:
        self._calls, self._memory = recording.bound(memory, offsets, x), memory
        self._start, self._part, self._made = _core.address(memory), part, 0
        self._fresh: list[list[slice]] = [[] for _ in self._calls]
        for span, offset in zip(recording.spans, offsets, strict=True):
            self._fresh[span.first].append(slice(offset, offset + span.size))

    @property
    def is_done(self) -> bool:
        """Whether all calls have been made."""
        return self._made == len(self._calls)

    def follows(self, function: Kernel, plain: list[Any], arguments: Sequence[Any]) -> bool:
        """Make the next call; tell whether it is the ordinary one and left the same bits."""
        if self.is_done or self._calls[self._made].function is not function:
            return False
        for part in self._fresh[self._made]:
            self._memory[part] = _OF_NAN
        ours = self._calls[self._made].arguments
        function(*ours)
        self._made += 1
        return all(map(self._is_alike, arguments, plain, ours))  # a stream may trail

    def _is_alike(self, given: Any, plain: Any, ours: Any) -> bool:
        if isinstance(given, np.ndarray) and 0 <= ours - self._start < self._memory.nbytes:
            given.flags.writeable = False  # NumPy must not change it later, unseen by a plan
            return self._has_bits(given, ours - self._start)
        return self._part is not None or bool(plain == ours)

    def _has_bits(self, array: Array, offset: int) -> bool:
        bits = array.reshape(-1).view(f"u{array.itemsize}")
        if self._part is not None:
            number, parts = self._part
            size = len(bits) // parts
            if self._lie(offset, bits[number * size : (number + 1) * size]):
                return len(bits) == size * parts
        return self._lie(offset, bits)

    def _lie(self, offset: int, bits: Array) -> bool:
        ours = self._memory[offset : offset + bits.nbytes]
        return ours.nbytes == bits.nbytes and np.array_equal(ours.view(bits.dtype), bits)


class Comparison:
    """Makes the calls of an ordinary run, and after each that of every follower."""

    def __init__(self, followers: Sequence[Follower]) -> None:
        self._followers, self._same = followers, True

    @property
    def holds(self) -> bool:
        """Whether all made the same calls, and each left the same bits."""
        return self._same and all(follower.is_done for follower in self._followers)

    def made(self, function: Kernel, plain: list[Any], arguments: Sequence[Any]) -> Any:
        """Make a call of the ordinary run, then the followers'."""
        found = function(*plain)
        if self._same and any(isinstance(value, np.ndarray) for value in arguments):
            self._same = all(each.follows(function, plain, arguments) for each in self._followers)
        return found

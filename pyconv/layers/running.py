# SPDX-License-Identifier: BSD-3-Clause
"""What the layers of one outermost call share, thread by thread: losses, an observer."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyconv.autograd import Tensor


class Running(threading.local):
    """How this thread runs layers.

    The losses that the layers of the outermost call have added, None outside of one; what watches
    each layer; whether models may run folded.
    """

    losses: list[tuple[Any, Tensor]] | None = None
    folds: bool = False
    observer: Callable[[Any, Any, Callable[[], Any]], Any] | None = None


running = Running()


class Structure:
    """Counts the public attributes of layers that were set, and the layers that models gained.

    No number comes twice, whichever threads count: what was made at one is stale at any other.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.changes = 0

    def changed(self) -> None:
        self.changes = next(self._numbers)


structure = Structure()


@contextmanager
def observing(observer: Callable[[Any, Any, Callable[[], Any]], Any]) -> Iterator[None]:
    """Let observer(layer, inputs, run) run every layer that this thread calls meanwhile.

    It returns what run() does.
    """
    before = running.observer, running.folds
    running.observer, running.folds = observer, False
    try:
        yield
    finally:
        running.observer, running.folds = before

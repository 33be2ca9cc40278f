# SPDX-License-Identifier: BSD-3-Clause
"""What the layers of one outermost call share, thread by thread: losses, an observer."""

from __future__ import annotations

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
    """Counts the public attributes of layers that were set, and the layers that models gained."""

    changes = 0


structure = Structure()


@contextmanager
def observing(observer: Callable[[Any, Any, Callable[[], Any]], Any]) -> Iterator[None]:
    """Let observer(layer, inputs, run) run every layer that this thread calls meanwhile.

    It returns what run() does.
    """
    before, running.observer = running.observer, observer
    try:
        yield
    finally:
        running.observer = before

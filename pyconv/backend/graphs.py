# SPDX-License-Identifier: BSD-3-Clause
"""Work of a GPU recorded once and launched again as one CUDA graph, through CuPy's capture."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from pyconv.backend.devices import _cupy, capturing, device_number

Result = TypeVar("Result")


def can_capture() -> bool:
    """Tell whether graphs may be made: not while each operation is waited for."""
    return os.environ.get("PYCONV_CUDA_SYNC") != "1"


class Capture:
    """A memory pool and a stream of their own for work that is done again and again.

    `run` does the work as usual, so that the pool then has all the memory it takes; `record` notes
    the same work down without doing it; `launch` does what was noted down. Nobody else takes memory
    from the pool, so the addresses in the graph stay the work's. Results of `record` are filled by
    each `launch` anew.
    """

    def __init__(self, device: str) -> None:
        self._cuda = _cupy(device).cuda
        self._device = self._cuda.Device(device_number(device))
        with self._device:
            self._pool = self._cuda.MemoryPool()
            self._stream = self._cuda.Stream(non_blocking=True)
        self._graph: Any = None

    @property
    def nbytes(self) -> int:
        """The bytes that the pool has taken."""
        return int(self._pool.total_bytes())

    def run(self, work: Callable[[], Result]) -> Result:
        """Do the work now, in the order of the current stream."""
        with self._device:
            current = self._cuda.get_current_stream()
            self._stream.wait_event(current.record())
            with self._stream, self._cuda.using_allocator(self._pool.malloc):
                result = work()
            current.wait_event(self._stream.record())
        return result

    def record(self, work: Callable[[], Result]) -> Result:
        """Note the work down; what cannot be captured raises, and nothing was done."""
        mode = self._cuda.runtime.streamCaptureModeThreadLocal
        with self._device, self._stream, self._cuda.using_allocator(self._pool.malloc):
            self._stream.begin_capture(mode)
            capturing.now = True
            try:
                result = work()
            except BaseException:
                self._abandon()
                raise
            finally:
                capturing.now = False
            self._graph = self._stream.end_capture()
        return result

    def _abandon(self) -> None:
        """Let the stream leave a capture that has failed."""
        with suppress(Exception):
            self._stream.end_capture()

    def launch(self) -> None:
        """Do what was noted down, in the order of the current stream."""
        with self._device:
            self._graph.launch()

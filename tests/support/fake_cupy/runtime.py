# SPDX-License-Identifier: BSD-3-Clause
"""A machine with GPUs that are not there: devices, pools, streams, events and graphs of CuPy.

Memory is NumPy's. Copies on a stream of one's own happen only when somebody waits for them, freed
memory is overwritten, and a capture runs nothing: what relies on luck on a GPU fails here.
"""

from __future__ import annotations

import time
import weakref
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

POISON = 0xFF  # every float of such bytes is NaN
GRANULE = 512  # bytes; CuPy's pool rounds so


class CUDARuntimeError(RuntimeError):
    """What CuPy raises for an error of CUDA."""


class OutOfMemoryError(MemoryError):
    """CuPy's is a MemoryError, too."""


class Machine:
    """What a test may set, and what it may count."""

    def __init__(self) -> None:
        self.devices = 2
        self.memory = 1 << 32  # bytes of each device
        self.driver_error: str | None = None
        self.synchronisations = 0  # of the host with a GPU
        self.launches = 0  # native calls, and NumPy's functions on device arrays
        self.graph_launches = 0
        self.products: list[tuple[str, int]] = []  # native products, and the codes of their types
        self.calls: Counter[str] = Counter()  # of native functions, by name
        # Shapes of the float32 arrays that functions of NumPy made of 16-bit ones.
        self.widenings: list[tuple[int, ...]] = []
        self.used = 0
        self.device = 0
        self.stream = NULL
        self.allocators: list[Callable[[int], Memory]] = []

    def refuse_while_capturing(self, what: str) -> None:
        if self.stream.capture is not None:
            self.stream.broken = True
            raise CUDARuntimeError(f"cudaErrorStreamCaptureUnsupported: {what} while capturing")

    def wait(self) -> None:
        self.refuse_while_capturing("waiting")
        self.synchronisations += 1
        self.stream.flush()

    def run(self, work: Callable[[], object]) -> None:
        """Do work now, or in a capture note it down."""
        if self.stream.capture is not None:
            self.stream.capture.append(work)
            return
        self.launches += 1
        self.stream.flush()
        work()


class Memory:
    """A block of a device; it goes back to its pool when nobody holds it."""

    def __init__(
        self, block: np.ndarray, size: int, device: int, back: Callable[..., None]
    ) -> None:
        self.bytes, self.device = block[:size], device
        weakref.finalize(self, back, block).atexit = False


class MemoryPool:
    """Keeps freed blocks for arrays of the same rounded size."""

    def __init__(self) -> None:
        self.free: dict[tuple[int, int], list[np.ndarray]] = {}
        self.blocks = 0

    def malloc(self, size: int) -> Memory:
        rounded, device = max(-(-size // GRANULE), 1) * GRANULE, machine.device
        waiting = self.free.setdefault((device, rounded), [])
        if waiting:
            block = waiting.pop()
        else:
            machine.refuse_while_capturing("cudaMalloc")
            if machine.used + rounded > machine.memory:
                raise OutOfMemoryError(f"Out of memory allocating {size:,} bytes")
            machine.used += rounded
            self.blocks += 1
            block = np.empty(rounded, np.uint8)
        block.fill(POISON)
        return Memory(block, size, device, waiting.append)

    def free_all_blocks(self) -> None:
        for waiting in self.free.values():
            for block in waiting:
                machine.used -= block.nbytes
            waiting.clear()

    def used_bytes(self) -> int:
        return machine.used

    def total_bytes(self) -> int:
        return machine.used


class using_allocator:
    """Let arrays made in a block come from a function of a number of bytes."""

    def __init__(self, allocator: Callable[[int], Memory]) -> None:
        self.allocator = allocator

    def __enter__(self) -> None:
        machine.allocators.append(self.allocator)

    def __exit__(self, *error: object) -> None:
        machine.allocators.pop()


class Device:
    """A GPU, by number."""

    def __init__(self, number: int = 0) -> None:
        self.id = number
        self._before: list[int] = []

    def __enter__(self) -> Device:
        self._before.append(machine.device)
        self.use()
        return self

    def __exit__(self, *error: object) -> None:
        machine.device = self._before.pop()

    @property
    def compute_capability(self) -> str:
        return "90"

    def use(self) -> None:
        if not 0 <= self.id < machine.devices:
            raise CUDARuntimeError("cudaErrorInvalidDevice: invalid device ordinal")
        machine.device = self.id

    def synchronize(self) -> None:
        machine.wait()


class Event:
    """A place in the work of a stream."""

    def __init__(self, block: bool = False, disable_timing: bool = False) -> None:
        self.pending: list[Callable[[], object]] = []
        self.stream: Stream | None = None
        self.seconds = 0.0

    def record(self, stream: Stream | None = None) -> None:
        self.seconds = time.perf_counter()
        stream = machine.stream if stream is None else stream
        self.pending = list(stream.pending)
        self.stream = stream

    def synchronize(self) -> None:
        machine.synchronisations += self.stream is not None
        self.settle()

    def settle(self) -> None:
        for work in self.pending:
            if self.stream is not None and work in self.stream.pending:
                self.stream.pending.remove(work)
                work()
        self.pending = []


class Stream:
    """Work in order; what is copied on another than the null stream waits until it must be done."""

    made = 0

    def __init__(self, null: bool = False, non_blocking: bool = False) -> None:
        Stream.made += 1
        self.ptr = 0 if null else 0x1000 * Stream.made
        self.pending: list[Callable[[], object]] = []
        self.capture: list[Callable[[], object]] | None = None
        self.broken = False
        self._before: list[Stream] = []

    def __enter__(self) -> Stream:
        self._before.append(machine.stream)
        machine.stream = self
        return self

    def __exit__(self, *error: object) -> None:
        machine.stream = self._before.pop()

    def use(self) -> Stream:
        machine.stream = self
        return self

    def flush(self) -> None:
        while self.pending:
            self.pending.pop(0)()

    def synchronize(self) -> None:
        machine.refuse_while_capturing("waiting")
        machine.synchronisations += 1
        self.flush()

    def wait_event(self, event: Event) -> None:
        event.settle()

    def record(self, event: Event | None = None) -> Event:
        event = Event() if event is None else event
        event.record(self)
        return event

    def begin_capture(self, mode: int | None = None) -> None:
        if not self.ptr:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        self.capture, self.broken = [], False

    def is_capturing(self) -> bool:
        return self.capture is not None

    def end_capture(self) -> Graph:
        work, self.capture = self.capture, None
        if self.broken or work is None:
            raise CUDARuntimeError("cudaErrorStreamCaptureInvalidated")
        return Graph(work)


class Graph:
    """Captured work."""

    def __init__(self, work: list[Callable[[], object]]) -> None:
        self.work = work

    def launch(self, stream: Stream | None = None) -> None:
        machine.graph_launches += 1
        (machine.stream if stream is None else stream).flush()
        for work in self.work:
            work()


NULL = Stream(null=True)
machine = Machine()
default_pool = MemoryPool()


def allocate(size: int) -> Memory:
    allocator = machine.allocators[-1] if machine.allocators else default_pool.malloc
    return allocator(size)


def device_count() -> int:
    if machine.driver_error is not None:
        raise CUDARuntimeError(machine.driver_error)
    return machine.devices


def reset() -> None:
    """Begin a test as if the process had just begun."""
    machine.__init__()  # type: ignore[misc]
    default_pool.free.clear()


cuda: Any = SimpleNamespace(
    Device=Device,
    Event=Event,
    Graph=Graph,
    MemoryPool=MemoryPool,
    Stream=Stream,
    alloc_pinned_memory=lambda size: bytearray(size),
    get_elapsed_time=lambda a, b: 1e3 * (b.seconds - a.seconds),
    get_current_stream=lambda: machine.stream,
    get_default_memory_pool=lambda: default_pool,
    is_available=lambda: machine.driver_error is None and machine.devices > 0,
    memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
    runtime=SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError,
        getDevice=lambda: machine.device,
        getDeviceCount=device_count,
        memGetInfo=lambda: (machine.memory - machine.used, machine.memory),
        streamCaptureModeThreadLocal=1,
    ),
    using_allocator=using_allocator,
)

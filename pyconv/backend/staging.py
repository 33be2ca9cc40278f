# SPDX-License-Identifier: BSD-3-Clause
"""Copies to a GPU beside its work: from pinned memory, on a stream of their own, two in turn."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.backend.devices import _cupy, device_number
from pyconv.backend.native import Array


class _Place:
    """Pinned memory on the host, memory on the device, and who may use them when."""

    def __init__(self, cupy: Any, size: int) -> None:
        pinned = cupy.cuda.alloc_pinned_memory(size)
        self.host: np.ndarray[Any, Any] = np.frombuffer(pinned, np.uint8, size)
        self.device: Any = cupy.empty(size, np.uint8)
        self.copied = cupy.cuda.Event(disable_timing=True)
        self.free = cupy.cuda.Event(disable_timing=True)  # the work that read it is done


class Staging:
    """Brings arrays of one kind to a device while it computes on the one before.

    `send` begins a copy and `receive` lets the current stream wait for the oldest one sent; at
    most two are on their way or in use. What `receive` returned is valid until the next.
    """

    def __init__(self, device: str) -> None:
        self._cupy = _cupy(device)
        self._device = self._cupy.cuda.Device(device_number(device))
        with self._device:
            self._stream = self._cupy.cuda.Stream(non_blocking=True)
        self._places: list[_Place | None] = [None, None]
        self._sent = self._received = 0
        self._kinds: list[tuple[tuple[int, ...], np.dtype[Any]]] = [((), np.dtype("u1"))] * 2

    def send(self, x: np.ndarray[Any, Any]) -> None:
        """Begin to copy a host array, which may change as soon as this returns."""
        turn, self._sent = self._sent % 2, self._sent + 1
        self._kinds[turn] = x.shape, x.dtype.newbyteorder("=")
        if not x.size:
            return
        with self._device:
            place = self._places[turn]
            if place is None or place.host.nbytes < x.nbytes:
                place = self._places[turn] = _Place(self._cupy, x.nbytes)
                # Fresh memory may have served work that the current stream has not done yet.
                place.free.record(self._cupy.cuda.get_current_stream())
            place.copied.synchronize()
            np.copyto(place.host[: x.nbytes].view(self._kinds[turn][1]).reshape(x.shape), x)
            with self._stream:
                self._stream.wait_event(place.free)
                place.device[: x.nbytes].set(place.host[: x.nbytes], stream=self._stream)
                place.copied.record(self._stream)

    def receive(self) -> Array:
        """Return the array sent first on the device; the one received before is given up."""
        turn, self._received = self._received % 2, self._received + 1
        shape, dtype = self._kinds[turn]
        size = dtype.itemsize * int(np.prod(shape, dtype=np.int64))
        with self._device:
            current = self._cupy.cuda.get_current_stream()
            before, place = self._places[1 - turn], self._places[turn]
            if before is not None:
                before.free.record(current)
            if not size or place is None:
                empty: Array = self._cupy.empty(shape, dtype)
                return empty
            current.wait_event(place.copied)
            arrived: Array = place.device[:size].view(dtype).reshape(shape)
            return arrived

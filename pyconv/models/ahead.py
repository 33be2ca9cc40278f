# SPDX-License-Identifier: BSD-3-Clause
"""Batches for a model on a GPU: the next is copied there while it computes on the present one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pyconv.backend import Staging, put
from pyconv.models.batch import Batch
from pyconv.models.outputs import filled, leaves


class Ahead:
    """Takes batches from an iterator and yields them on a device.

    `stage`, called once the work on a batch is under way, takes the next one and begins its copy.
    Integers are cast there, not here: an image's bytes travel, not its floats.

    Args:
        dtype: what inputs become; labels and weights keep theirs.
    """

    def __init__(self, batches: Iterator[Batch], device: str, dtype: str) -> None:
        self._batches, self._device, self._dtype = batches, device, dtype
        self._staging: list[Staging] = []
        self._next: tuple[Batch, list[Any]] | None = None
        self._ended = False

    def __iter__(self) -> Ahead:
        return self

    def stage(self) -> None:
        """Begin to copy the next batch, if there is one."""
        if self._next is not None or self._ended:
            return
        batch = next(self._batches, None)
        if batch is None:
            self._ended = True
            return
        arrays = [*leaves(batch.x), *batch.y, *batch.weights]
        while len(self._staging) < len(arrays):
            self._staging.append(Staging(self._device))
        for staging, array in zip(self._staging, arrays, strict=False):
            if isinstance(array, np.ndarray):
                staging.send(array)
        self._next = batch, arrays

    def __next__(self) -> Batch:
        self.stage()
        if self._next is None:
            raise StopIteration
        (batch, arrays), self._next = self._next, None
        arrived = [self._arrived(*each) for each in zip(arrays, self._staging, strict=False)]
        inputs = len(leaves(batch.x))
        x = [array.astype(self._dtype, copy=False) for array in arrived[:inputs]]
        y = arrived[inputs : inputs + len(batch.y)]
        weights = arrived[inputs + len(batch.y) :]
        return batch._replace(x=filled(batch.x, x), y=y, weights=weights)

    def _arrived(self, array: Any, staging: Staging) -> Any:
        if array is None or not isinstance(array, np.ndarray):
            return array if array is None else put(array, self._device)
        return staging.receive()

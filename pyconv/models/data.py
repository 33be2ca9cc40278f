# SPDX-License-Identifier: BSD-3-Clause
"""Samples in batches: checked once, cast batch by batch, gathered by index in a reused buffer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pyconv.autograd import array_of

Samples = np.ndarray[Any, Any]
CHECKED_AT_ONCE = 1 << 22  # elements


def as_samples(function: str, argument: str, value: object, dtype: str) -> Samples:
    """Return an array of samples that can be cast to the compute dtype without overflow.

    Integers, booleans and all real floats are taken; a finite value that the dtype cannot hold:
    ValueError.
    """
    if value is None:
        raise TypeError(f"{function}: {argument} is None; must be an array")
    try:
        array: Samples = np.asarray(array_of(value))
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: {argument}: {error}") from None
    if array.ndim == 0:
        raise ValueError(f"{function}: {argument} has no axes; must be (n, ...)")
    largest = np.finfo(dtype).max
    if array.dtype.kind == "f" and np.finfo(array.dtype).max > largest:
        distinct = array[tuple(slice(None if s else 1) for s in array.strides)]  # of broadcasts
        rows = max(1, CHECKED_AT_ONCE // max(1, distinct[:1].size))
        for start in range(0, len(distinct), rows):
            part = np.abs(distinct[start : start + rows])
            if ((part > largest) & np.isfinite(part)).any():
                raise ValueError(
                    f"{function}: {argument} holds a value beyond {largest:.4g}, the largest "
                    f"{dtype}"
                )
    return array


class ArrayBatches:
    """The batches of arrays x and y; the last may be smaller.

    A batch is valid until the next one is taken: gathered batches share a buffer.
    """

    def __init__(
        self, x: Samples, y: Samples | None, batch_size: int, dtype: str, *, reuse: bool = True
    ) -> None:
        self.x, self.y = x, y
        self.batch_size = batch_size
        self.dtype = np.dtype(dtype)
        self.samples = len(x)
        self.steps = -(-len(x) // batch_size)
        self._gathers = reuse and x.flags.c_contiguous and x.dtype.isnative

    def epoch(self, order: Samples | None = None) -> Iterator[tuple[Samples, Any]]:
        """Yield (x, y) of each batch, in the order of an index array or as they stand."""
        size = min(self.batch_size, max(self.samples, 1))
        gathered = cast = None
        if order is not None and self._gathers:
            gathered = np.empty((size, *self.x.shape[1:]), self.x.dtype)
        if self.x.dtype != self.dtype:
            cast = np.empty((size, *self.x.shape[1:]), self.dtype)
        for start in range(0, self.samples, self.batch_size):
            stop = min(start + self.batch_size, self.samples)
            count = stop - start
            chosen: Any = slice(start, stop) if order is None else order[start:stop]
            if gathered is None:
                x = self.x[chosen]
            else:
                x = np.take(self.x, chosen, axis=0, out=gathered[:count], mode="clip")
            if cast is not None:
                np.copyto(cast[:count], x, casting="unsafe")
                x = cast[:count]
            yield x, None if self.y is None else self.y[chosen]

# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of samples: checked once, cast batch by batch, gathered by index in a reused buffer."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from pyconv.autograd import Tensor, array_of
from pyconv.backend import device_of, is_on_device, put_beside, to_host

Samples = np.ndarray[Any, Any]
CHECKED_AT_ONCE = 1 << 22  # elements


def as_samples(
    function: str, argument: str, value: object, dtype: str, device: str = "cpu"
) -> Samples:
    """Return an array of samples that can be cast to the compute dtype without overflow.

    Integers, booleans and all real floats are taken; a finite value that the dtype cannot hold:
    ValueError. What lies on the given device stays there, from any other it comes to the host.
    """
    if value is None:
        raise TypeError(f"{function}: {argument} is None; must be an array")
    try:
        array: Samples = array_of(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{function}: {argument}: {error}") from None
    if device_of(array) != device:
        array = to_host(array)
    if array.ndim == 0:
        raise ValueError(f"{function}: {argument} has no axes; must be (n, ...)")
    largest = _largest(np.dtype(dtype))
    if array.dtype.kind == "f" and _largest(array.dtype) > largest:
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


@cache
def _largest(dtype: np.dtype[Any]) -> Any:
    return np.finfo(dtype).max


def is_array(value: Any) -> bool:
    """Tell an array of samples from a number, and from a list."""
    return (isinstance(value, (np.ndarray, Tensor)) or is_on_device(value)) and value.ndim > 0


class Gatherer:
    """Cuts batches from one array and casts them; each is valid until the next is taken.

    Args:
        dtype: what they become; None leaves them as they are.
    """

    def __init__(self, array: Samples, size: int, dtype: str | None) -> None:
        self.array = array
        self._shape = (min(size, max(len(array), 1)), *array.shape[1:])
        on_host = isinstance(array, np.ndarray)
        self._gathers = on_host and array.flags.c_contiguous and array.dtype.isnative
        self._gathered: Samples | None = None
        casts = on_host and dtype is not None and array.dtype != np.dtype(dtype)
        self._cast: Samples | None = np.empty(self._shape, dtype) if casts else None

    def take(self, chosen: Any) -> Samples:
        """Return the samples of a slice or of an index array."""
        if isinstance(chosen, slice) or not self._gathers:
            x: Samples = self.array[_key(chosen, self.array)]
        else:
            if self._gathered is None:
                self._gathered = np.empty(self._shape, self.array.dtype)
            out = self._gathered[: len(chosen)]
            x = np.take(self.array, chosen, axis=0, out=out, mode="clip")
        if self._cast is not None:
            cast = self._cast[: len(x)]
            np.copyto(cast, x, casting="unsafe")
            return cast
        return x


def _key(chosen: Any, array: Samples) -> Any:
    return chosen if isinstance(chosen, slice) else put_beside(chosen, array)


def are_batches(x: object) -> bool:
    """Tell an iterable or a sequence of batches from arrays, lists and dictionaries of samples."""
    arrays = (np.ndarray, np.generic, list, tuple, dict, str, bytes, int, float)
    if x is None or isinstance(x, (*arrays, type)):
        return False
    if any(hasattr(x, name) for name in ("__array__", "__cuda_array_interface__", "__dlpack__")):
        return False
    return hasattr(x, "__iter__") or (hasattr(x, "__getitem__") and hasattr(x, "__len__"))


def unpacked(function: str, batch: Any) -> tuple[Any, Any, Any]:
    """Return x, y and weights of what an iterable of batches gave; y and weights may be None."""
    if isinstance(batch, list):
        batch = tuple(batch)
    if not isinstance(batch, tuple):
        return batch, None, None
    if not 1 <= len(batch) <= 3:
        raise ValueError(
            f"{function}: a batch is a tuple of {len(batch)}; must be x, (x, y) or (x, y, weights)"
        )
    x, y, weights = (*batch, None, None)[:3]
    return x, y, weights

# SPDX-License-Identifier: BSD-3-Clause
"""While a file is loaded, weights are zeros for it to overwrite, no more than it holds."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from pyconv.arguments import items_of, whole_number
from pyconv.autograd import array_of
from pyconv.backend import to_host
from pyconv.initializers import Initializer, registry

MOST_NUMBERS = 1 << 48  # of one weight; more than any machine holds


class _Loading(threading.local):
    """Bytes of weights that may still be made in this thread; None outside loading."""

    bytes_left: int | None = None


_loading = _Loading()


@contextmanager
def loading(weight_bytes: int) -> Iterator[None]:
    """Make weights without drawing random numbers, in all at most `weight_bytes`."""
    _loading.bytes_left = weight_bytes
    try:
        yield
    finally:
        _loading.bytes_left = None


def first_values(
    weight: str, initializer: Initializer, shape: tuple[int, ...], dtype: str
) -> np.ndarray[Any, Any]:
    """Return a new weight's values, or zeros within the allowance while loading.

    Nobody else holds the array: what an initializer of the user's returns is copied.

    Raises:
        ValueError: such an initializer's values have another shape. TypeError: no numbers.
    """
    if _loading.bytes_left is None:
        values = initializer(shape, dtype)
        if registry.classes.get(type(initializer).__name__) is type(initializer):
            return values
        own = to_host(array_of(values, f"{weight}: what its initializer returned"))
        if own.shape != shape:
            raise ValueError(f"{weight}: its initializer returned {own.shape}; must be {shape}")
        return np.array(own, dtype)
    needed = math.prod(shape) * np.dtype(dtype).itemsize
    if needed > _loading.bytes_left:
        raise ValueError(f"a weight of shape {shape} needs more bytes than the file has")
    _loading.bytes_left -= needed
    return np.zeros(shape, dtype)


def weight_shape(weight: str, shape: object) -> tuple[int, ...]:
    """Return the shape of a new weight.

    Raises:
        TypeError, ValueError: no sizes. MemoryError: more numbers than any machine holds.
    """
    sizes = tuple(
        whole_number(weight, "shape", size, 0) for size in items_of(weight, "shape", shape)
    )
    if math.prod(sizes) > MOST_NUMBERS:
        raise MemoryError(f"{weight}: shape={sizes} has more than {MOST_NUMBERS} numbers")
    return sizes

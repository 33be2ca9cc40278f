# SPDX-License-Identifier: BSD-3-Clause
"""The sum of two arrays, which 16-bit arrays on a GPU have a kernel for."""

from __future__ import annotations

from pyconv.backend.devices import is_on_device
from pyconv.backend.kernels import kernels_for
from pyconv.backend.memory import contiguous, empty_on
from pyconv.backend.native import Array
from pyconv.backend.precision import dtype_code, is_half, precision


def added(a: Array, b: Array) -> Array:
    """Return a + b by NumPy's rules; of 16-bit arrays alike on a GPU, eight at a time."""
    if not (precision.in_use and is_half(a.dtype) and is_on_device(a)):
        return a + b
    if b.dtype != a.dtype or b.shape != a.shape:
        return a + b
    a, b = contiguous(a), contiguous(b)
    y = empty_on(a, a.shape)
    kernels_for(a).add(dtype_code(a), a, b, y, a.size)
    return y

# SPDX-License-Identifier: BSD-3-Clause
"""The sum of two arrays: native where they are large and alike, or of 16 bits on a GPU."""

from __future__ import annotations

import numpy as np

from pyconv.backend.devices import is_on_device
from pyconv.backend.kernels import kernels_for
from pyconv.backend.memory import contiguous, empty_on
from pyconv.backend.native import CODES, Array
from pyconv.backend.precision import dtype_code, is_half, precision

# Below this NumPy's own addition is as quick.
_NATIVE_BYTES = 1 << 16


def added(a: Array, b: Array, *, into_a: bool = False) -> Array:
    """Return a + b by NumPy's rules.

    Args:
        into_a: a belongs to nobody else: the sum may lie where it lies.
    Returns:
        An array, of numbers without axes, too.
    """
    if type(a) is np.ndarray:
        return _added_on_host(a, b, into_a)
    if not (precision.in_use and is_half(a.dtype) and is_on_device(a)):
        return a + b
    if b.dtype != a.dtype or b.shape != a.shape:
        return a + b
    a, b = contiguous(a), contiguous(b)
    y = empty_on(a, a.shape)
    kernels_for(a).add(dtype_code(a), a, b, y, a.size)
    return y


def _added_on_host(a: np.ndarray, b: Array, into_a: bool) -> Array:
    if a.nbytes < _NATIVE_BYTES or type(b) is not np.ndarray or not _is_alike(a, b):
        return np.asarray(a + b) if type(b) is np.ndarray else a + b
    kernels = kernels_for(a)
    if not kernels.has_arena:
        return a + b
    y = a if into_a and a.flags.writeable else empty_on(a, a.shape)
    kernels.add(CODES[a.dtype], a, b, y, a.size)
    return y


def _is_alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Tell whether both are what the kernel takes, element beside element."""
    if a.dtype != b.dtype or a.shape != b.shape or a.dtype not in CODES:
        return False
    return all(x.flags.c_contiguous and x.flags.aligned for x in (a, b))

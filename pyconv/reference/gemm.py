# SPDX-License-Identifier: BSD-3-Clause
"""Matrix product: c[i, j] = sum over k of op(a)[i, k] op(b)[k, j]."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def gemm(a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """Return op(a) op(b), where op transposes if asked to; dtype of a.

    Sums run in float64, or in long double if a brings it.
    """
    wide = np.result_type(a.dtype, np.float64)
    left = (a.T if transpose_a else a).astype(wide)  # (m, k)
    right = (b.T if transpose_b else b).astype(wide)  # (k, n)
    c: Array = (left @ right).astype(a.dtype)  # (m, n)
    return c

# SPDX-License-Identifier: BSD-3-Clause
"""Matrix product: c[i, j] = sum over k of op(a)[i, k] op(b)[k, j]."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def gemm(a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """Return op(a) op(b), where op transposes if asked to; sums in float64, dtype of a."""
    left = (a.T if transpose_a else a).astype(np.float64)  # (m, k)
    right = (b.T if transpose_b else b).astype(np.float64)  # (k, n)
    c: Array = (left @ right).astype(a.dtype)  # (m, n)
    return c

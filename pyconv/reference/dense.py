# SPDX-License-Identifier: BSD-3-Clause
"""Dense product: y = activation(x kernel + bias).

Without an activation dx = dy kernel^T, dkernel = x^T dy, dbias = sum of the rows of dy.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.activation import activate, activate_backward
from pyconv.reference.gemm import gemm

Array: TypeAlias = npt.NDArray[Any]


def dense(
    x: Array, kernel: Array, bias: Array | None = None, *, activation: str | None = None
) -> Array:
    """Return activation(x kernel + bias): x (n, inputs), kernel (inputs, units), y (n, units)."""
    total = gemm(x.astype(np.result_type(x.dtype, np.float64)), kernel)
    if bias is not None:
        total += bias
    return activate(total, activation).astype(x.dtype)


def dense_backward(
    dy: Array,
    x: Array,
    kernel: Array,
    *,
    activation: str | None = None,
    y: Array | None = None,
    needs: Collection[str] = ("x", "kernel", "bias"),
) -> tuple[Array | None, Array | None, Array | None]:
    """Return (dx, dkernel, dbias), None where not needed; dy is the gradient of the result y."""
    if y is not None:
        dy = activate_backward(dy, y, activation)
    dx = gemm(dy, kernel, transpose_b=True) if "x" in needs else None
    dkernel = gemm(x, dy, transpose_a=True) if "kernel" in needs else None
    dbias = dy.sum(axis=0, dtype=np.float64).astype(x.dtype) if "bias" in needs else None
    return dx, dkernel, dbias

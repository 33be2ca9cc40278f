# SPDX-License-Identifier: BSD-3-Clause
"""Matrix product: two matrices through ops.gemm, stacks of matrices through NumPy."""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.autograd.arithmetic import fit_shape, operands
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array


class MatmulFunction(Function):
    takes_16_bits = True

    def forward(self, a: Array, b: Array) -> Array:
        self.a, self.b = a, b
        return ops.gemm(a, b) if a.ndim == b.ndim == 2 else np.matmul(a, b)

    def backward(self, dy: Array) -> tuple[Array | None, Array | None]:
        a, b, da, db = self.a, self.b, None, None
        if a.ndim == b.ndim == 2:
            da = ops.gemm(dy, b, transpose_b=True) if self.wanted[0] else None
            db = ops.gemm(a, dy, transpose_a=True) if self.wanted[1] else None
        else:
            da = fit_shape(np.matmul(dy, b.swapaxes(-1, -2)), a.shape) if self.wanted[0] else None
            db = fit_shape(np.matmul(a.swapaxes(-1, -2), dy), b.shape) if self.wanted[1] else None
        return da, db


def matmul(a: Operand, b: Operand) -> Tensor:
    """Return a @ b: (..., m, k) times (..., k, n); leading axes broadcast."""
    x, y = operands("matmul", a, b, floating=True)
    for name, value in (("a", x), ("b", y)):
        if value.ndim < 2:
            raise ValueError(f"matmul: {name}.ndim={value.ndim}; must be >= 2")
    return MatmulFunction()(x, y)

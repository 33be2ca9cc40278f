# SPDX-License-Identifier: BSD-3-Clause
"""Matrix product: c[i, j] = sum over k of op(a)[i, k] op(b)[k, j]."""

from __future__ import annotations

from pyconv.backend import Array, as_input, contiguous, empty_on, kernels_for, product_code


def gemm(a: Array, b: Array, *, transpose_a: bool = False, transpose_b: bool = False) -> Array:
    """Return the product of two matrices, either of them transposed.

    Args:
        a: (m, k), or (k, m) with transpose_a; float32 or float64, any strides.
        b: (k, n), or (n, k) with transpose_b; dtype of a.
    Returns:
        c: (m, n), dtype of a. Sums run in blocks of 256 elements of k, added left to right, so
        the bits depend on no thread count.
    Raises:
        TypeError: kind or dtype. ValueError: rank, or inner sizes that differ.
    Source: BLAS gemm; the naive form is pyconv.reference.gemm.
    """
    a = as_input(a, "gemm", "a", ndim=2)
    b = as_input(b, "gemm", "b", ndim=2, like=a)
    m, k = (a.shape[1], a.shape[0]) if transpose_a else a.shape
    inner, n = (b.shape[1], b.shape[0]) if transpose_b else b.shape
    if inner != k:
        raise ValueError(f"gemm: inner size of b={inner}; must be {k}, the inner size of a")
    a, b = contiguous(a), contiguous(b)
    c = empty_on(a, (m, n))
    kernels_for(a).gemm(product_code(a), a, b, c, m, n, k, bool(transpose_a), bool(transpose_b))
    return c

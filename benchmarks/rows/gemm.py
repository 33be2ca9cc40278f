# SPDX-License-Identifier: BSD-3-Clause
"""Square matrix products."""

from __future__ import annotations

from benchmarks.row import Row

_SIZES = (("float32", 256), ("float32", 512), ("float32", 1024), ("float32", 2048))
_DOUBLE_SIZES = (("float64", 1024),)


def rows() -> list[Row]:
    """Return the gemm rows."""
    return [
        Row(
            group="gemm",
            name=f"{size}^3 {dtype}",
            task={"kind": "gemm", "dtype": dtype, "m": size, "n": size, "k": size},
            gflop=2 * size**3 / 1e9,
            peak_dtype=dtype,
        )
        for dtype, size in _SIZES + _DOUBLE_SIZES
    ]

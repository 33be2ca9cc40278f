# SPDX-License-Identifier: BSD-3-Clause
"""The training step of chapter 7's network by explicit layers, against the book's own program."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.rows.training import BATCH, step_gflop


def rows() -> list[Row]:
    """Return the step in the book's float64, and in the float32 that may be asked for."""
    return [
        Row(
            group="explicit layers",
            name=f"SimpleConvNet step {dtype}",
            task={"kind": "scratch training", "dtype": dtype, "n": BATCH},
            gflop=step_gflop(),
            images=BATCH,
            peak_dtype=dtype,
            origin=True,
        )
        for dtype in ("float64", "float32")
    ]

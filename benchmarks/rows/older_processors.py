# SPDX-License-Identifier: BSD-3-Clause
"""The same on a processor that has AVX2 and no more: everyone is held to it."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.row import Row
from benchmarks.rows import conv2d, gemm, training

ISA = "avx2"


def rows(*, quick: bool) -> list[Row]:
    """Return a row of each sort, each pass in a group of its own; none in a quick run."""
    if quick:
        return []
    chosen = [*gemm.rows(), *conv2d.rows(quick=True), *training.rows()]
    return [
        replace(row, group=f"{row.group}, {ISA}", isa=ISA, origin=False)
        for row in chosen
        if row.task.get("algorithm") != "im2col"
    ]

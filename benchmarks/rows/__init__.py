# SPDX-License-Identifier: BSD-3-Clause
"""Every row of the table, in the order it is run and printed."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.rows import (
    augmentation,
    avg_pool2d,
    beside,
    conv2d,
    depthwise_conv2d,
    gemm,
    im2col,
    input_pipeline,
    max_pool2d,
    networks,
    older_processors,
    scratch,
    small_calls,
    training,
)


def all_rows(*, quick: bool) -> list[Row]:
    """Return the whole table, or the part of it that is quick to time."""
    return [
        *gemm.rows(),
        *conv2d.rows(quick=quick),
        *depthwise_conv2d.rows(quick=quick),
        *max_pool2d.rows(quick=quick),
        *avg_pool2d.rows(quick=quick),
        *im2col.rows(quick=quick),
        *training.rows(),
        *networks.steps(quick=quick),
        *networks.predictions(quick=quick),
        *networks.epochs(quick=quick),
        *networks.memory(quick=quick),
        *small_calls.rows(quick=quick),
        *augmentation.rows(),
        *input_pipeline.rows(),
        *scratch.rows(),
        *beside.rows(quick=quick),
        *older_processors.rows(quick=quick),
    ]

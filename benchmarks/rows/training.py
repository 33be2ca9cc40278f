# SPDX-License-Identifier: BSD-3-Clause
"""Whole training steps: forward, loss, backward, optimizer, data in memory."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.shapes import SIMPLE_CONV_NET

BATCH = 100
PIXELS, CLASSES, HIDDEN = 28, 10, 100
FLATTENED = 12 * 12 * 30


def step_gflop() -> float:
    """Return the work of one step on SimpleConvNet, thousand million operations."""
    dense = 2 * (FLATTENED * HIDDEN + HIDDEN * CLASSES)
    first = SIMPLE_CONV_NET.layers[0].flop
    # Forward and weight gradients of every layer; input gradients of all but the first.
    return BATCH * (2 * first + 3 * dense) / 1e9


def rows() -> list[Row]:
    """Return the training rows."""
    return [
        Row(
            group="training step",
            name=f"SimpleConvNet batch {BATCH} Adam",
            task={"kind": "training", "dtype": "float32", "n": BATCH},
            gflop=step_gflop(),
            images=BATCH,
            origin=True,
        )
    ]

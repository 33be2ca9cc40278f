# SPDX-License-Identifier: BSD-3-Clause
"""Calls so small that the way to the kernel is what they cost; lower quartiles of ten thousand."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.rows.conv2d import conv2d_task
from benchmarks.rows.networks import SIMPLE
from benchmarks.shapes import Layer, Network

CALLS = 10_000
LAYER = Layer(4, 8, 4)


def rows(*, quick: bool) -> list[Row]:
    """Return one convolution of an image 8 x 8 x 4, and the prediction of one digit."""
    network = Network("one image", 1, (LAYER,))
    convolution = Row(
        group="small calls",
        name=f"conv2d 1x{LAYER.h}x{LAYER.h}x{LAYER.c}, {LAYER.f} filters {LAYER.k}x{LAYER.k}",
        task=conv2d_task(LAYER, network, "forward", "auto"),
        gflop=LAYER.flop / 1e9,
        images=1,
        calls=CALLS,
    )
    prediction = Row(
        group="small calls",
        name=f"predict one digit, {SIMPLE.title}",
        task=SIMPLE.task("inference", 1),
        gflop=SIMPLE.mflop / 1e3,
        images=1,
        calls=CALLS,
    )
    return [convolution] if quick else [convolution, prediction]

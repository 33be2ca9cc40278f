# SPDX-License-Identifier: BSD-3-Clause
"""Depthwise convolutions of MobileNetV1, three passes; the bytes count, not the products."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.rows.conv2d import conv2d_task
from benchmarks.shapes import MOBILENET_V1, Layer

_DIRECTIONS = {"forward": "forward", "data": "backward-data", "kernel": "backward-weights"}
_QUICK = ("32-32@112 3x3 dw", "512-512@14 3x3 dw")


def _row(layer: Layer, direction: str) -> Row:
    n = MOBILENET_V1.batch
    pixels = n * layer.c * (layer.h**2 + layer.out**2)  # one of x, dx and one of y, dy
    return Row(
        group=f"depthwise_conv2d {_DIRECTIONS[direction]}",
        name=f"{MOBILENET_V1.name} {layer.name}",
        task=conv2d_task(layer, MOBILENET_V1, direction, "auto"),
        megabytes=4 * pixels / 1e6,
        images=n,
    )


def rows(*, quick: bool) -> list[Row]:
    """Return the depthwise rows, pass by pass."""
    return [
        _row(layer, direction)
        for direction in _DIRECTIONS
        for layer in MOBILENET_V1.layers
        if layer.groups > 1 and (not quick or layer.name in _QUICK)
    ]

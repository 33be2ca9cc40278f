# SPDX-License-Identifier: BSD-3-Clause
"""pyconv beside itself: the direct convolution, the other layout, float64, one thread."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.row import Row
from benchmarks.rows import conv2d, gemm, max_pool2d
from benchmarks.rows import networks as whole
from benchmarks.shapes import TIMED

_DIRECT = "conv2d Winograd over direct"
_LAYOUT = "channels_last over channels_first"
_DOUBLE = "float32 over float64"
_THREADS = "all threads over one"


def winograd(*, quick: bool) -> list[Row]:
    """Return every layer of the table that Winograd's algorithm can do, which is then forced.

    The ratio is that to the direct convolution; both errors stand beside it.
    """
    if quick:
        return []
    return [
        Row(
            group=_DIRECT,
            name=f"{network.name} {layer.name}",
            task=conv2d.conv2d_task(layer, network, "forward", "winograd"),
            gflop=network.batch * layer.flop / 1e9,
            images=network.batch,
            beside="direct",
        )
        for network in TIMED
        for layer in network.layers
        if layer.k in (3, 5) and (layer.s, layer.groups) == (1, 1)
    ]


def rows(*, quick: bool) -> list[Row]:
    """Return the rows, group by group; none of them in a quick run."""
    if quick:
        return []
    convolutions = [row for row in conv2d.rows(quick=True) if row.task["algorithm"] == "auto"]
    forward = [row for row in convolutions if row.task["direction"] == "forward"]
    products = [row for row in gemm.rows() if row.task["dtype"] == "float32"]
    threaded = [*products, *convolutions, *max_pool2d.rows(quick=True), *whole.steps(quick=True)]
    return [
        *winograd(quick=quick),
        *_beside("channels_first", _LAYOUT, forward),
        *_beside("float64", _DOUBLE, [*products, *convolutions]),
        *_beside("one thread", _THREADS, threaded),
    ]


def _beside(setting: str, group: str, chosen: list[Row]) -> list[Row]:
    """Return rows in a group of their own; the name says which pass each one is."""
    return [
        replace(row, group=group, name=f"{row.group}: {row.name}", beside=setting, origin=False)
        for row in chosen
    ]

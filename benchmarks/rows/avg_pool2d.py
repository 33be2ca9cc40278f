# SPDX-License-Identifier: BSD-3-Clause
"""Average pooling and its backward pass."""

from __future__ import annotations

from benchmarks.row import Row
from benchmarks.rows.max_pool2d import pool_task
from benchmarks.shapes import AVERAGED, Network, Pool

_QUICK = ("128@56 2x2 s2",)


def _row(pool: Pool, network: Network, direction: str) -> Row:
    pixels = network.batch * pool.c * (pool.h**2 + pool.out**2)  # x or dx, y or dy
    return Row(
        group=f"avg_pool2d {direction}",
        name=f"{network.name} {pool.name}",
        task=pool_task("avg_pool2d", pool, network, direction),
        megabytes=4 * pixels / 1e6,
        images=network.batch,
    )


def rows(*, quick: bool) -> list[Row]:
    """Return the avg_pool2d rows, forward ones first."""
    return [
        _row(pool, network, direction)
        for direction in ("forward", "backward")
        for network in AVERAGED
        for pool in network.pools
        if not quick or pool.name in _QUICK
    ]

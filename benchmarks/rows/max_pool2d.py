# SPDX-License-Identifier: BSD-3-Clause
"""Max-pooling with its argmax, and its backward pass."""

from __future__ import annotations

from benchmarks.row import Row, Task
from benchmarks.shapes import NETWORKS, Network, Pool

_QUICK = ("30@24 2x2 s2", "64@224 2x2 s2", "64@112 3x3 s2", "256@56 2x2 s2")


def pool_task(kind: str, pool: Pool, network: Network, direction: str) -> Task:
    """Return the task in plain JSON."""
    return {
        "kind": kind,
        "direction": direction,
        "dtype": "float32",
        "n": network.batch,
        "h": pool.h,
        "w": pool.h,
        "c": pool.c,
        "pool": pool.k,
        "oh": pool.out,
        "ow": pool.out,
        "stride": pool.s,
        "padding": pool.p,
    }


def _row(pool: Pool, network: Network, direction: str) -> Row:
    pixels = network.batch * pool.c * pool.h**2
    outputs = network.batch * pool.c * pool.out**2
    # x or dx, y or dy in float32; one byte of argmax for each output.
    return Row(
        group=f"max_pool2d {direction}",
        name=f"{network.name} {pool.name}",
        task=pool_task("max_pool2d", pool, network, direction),
        megabytes=(4 * pixels + 5 * outputs) / 1e6,
        images=network.batch,
    )


def rows(*, quick: bool) -> list[Row]:
    """Return the max_pool2d rows, forward ones first; what two networks share, once."""
    found: dict[tuple[Pool, int], Network] = {}
    for network in NETWORKS:
        for pool in network.pools:
            found.setdefault((pool, network.batch), network)
    return [
        _row(pool, network, direction)
        for direction in ("forward", "backward")
        for (pool, _), network in found.items()
        if not quick or pool.name in _QUICK
    ]

# SPDX-License-Identifier: BSD-3-Clause
"""A batch of photographs turned, zoomed and mirrored at random: what training waits for."""

from __future__ import annotations

from benchmarks.row import Row

BATCH, PIXELS = 32, 180  # of the networks that tell cats from dogs


def rows() -> list[Row]:
    """Return the augmentation rows."""
    elements = BATCH * PIXELS * PIXELS * 3
    return [
        Row(
            group="augmentation",
            name=f"rotation, zoom, flip {BATCH}x{PIXELS}x{PIXELS}x3",
            task={
                "kind": "augmentation",
                "dtype": "float32",
                "n": BATCH,
                "h": PIXELS,
                "w": PIXELS,
                "c": 3,
            },
            megabytes=3 * 2 * 4 * elements / 1e6,  # three times read and written
            images=BATCH,
        )
    ]

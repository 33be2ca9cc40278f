# SPDX-License-Identifier: BSD-3-Clause
"""Files to batches: decode JPEG, resize without antialiasing, stack; one call is one pass."""

from __future__ import annotations

from benchmarks.photographs import photographs
from benchmarks.row import Row

IMAGES, BATCH, SIZE = 256, 32, 180


def rows() -> list[Row]:
    """Return the row of the photographs, or none where PYCONV_DATA has no cats-dogs."""
    if len(photographs(IMAGES)) < IMAGES:
        return []
    task = {"kind": "input_pipeline", "dtype": "float32", "count": IMAGES, "n": BATCH, "h": SIZE}
    return [
        Row(
            group="input pipeline",
            name=f"{IMAGES} photographs {SIZE}x{SIZE} batch {BATCH}",
            task=task | {"w": SIZE},
            megabytes=IMAGES * SIZE * SIZE * 3 * 4 / 1e6,
            images=IMAGES,
        )
    ]

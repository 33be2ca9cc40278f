# SPDX-License-Identifier: BSD-3-Clause
"""A figure that becomes a PNG file in one step, or is shown where there is a display."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyconv.arguments import checked_path
from pyconv.saving.atomic import atomic_write

Path = str | os.PathLike[str]

BLUE, ORANGE, GREY = "#2166ac", "#e08214", "#777777"
DOTS_PER_INCH, MOST_DOTS, MOST_DOTS_A_SIDE = 120, 1 << 25, 1 << 15


@contextmanager
def figure(function: str, path: Path | None, width: float, height: float) -> Iterator[Any]:
    """Yield a matplotlib figure of a size in inches; afterwards write it to `path`, or show it.

    What is too large for the memory gets fewer dots per inch.
    Raises:
        ImportError: matplotlib is not installed. OSError: the file; an older one is untouched.
    """
    if path is not None:
        path = checked_path(function, "path", path)
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError(f"{function}: drawing needs matplotlib; pip install matplotlib") from None
    dots = min(
        DOTS_PER_INCH,
        math.sqrt(MOST_DOTS / (width * height)),
        MOST_DOTS_A_SIDE / max(width, height),
    )
    if path is not None:
        made = Figure(figsize=(width, height), layout="constrained")
        yield made
        with atomic_write(path) as file:
            made.savefig(file, format="png", dpi=dots)
        return
    from matplotlib import pyplot

    yield pyplot.figure(
        figsize=(width, height), layout="constrained", dpi=dots if dots < DOTS_PER_INCH else None
    )
    if matplotlib.get_backend().lower() != "agg":
        pyplot.show()

# SPDX-License-Identifier: BSD-3-Clause
"""The histogram of a layer's weights, before and after training."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.evaluation import compare_filters
from pyconv.visualization.canvas import BLUE, GREY, Path, figure


def filter_histogram(
    before: Any, after: Any, path: Path | None = None, *, bins: int = 50
) -> npt.NDArray[np.int64]:
    """Draw how the weights are spread before and after training, with mean and deviation.

    Args:
        before, after: a layer's kernel, (..., filters). bins: of equal width for both.
        path: of the PNG file; None shows the picture.
    Returns:
        counts (2, bins).
    Raises:
        TypeError, ValueError: as evaluation.compare_filters.
    """
    both = compare_filters(before, after, bins=bins)
    with figure("filter_histogram", path, 6, 3.6) as drawn:
        axes = drawn.subplots()
        for found, name, colour in zip(both, ("before", "after"), (GREY, BLUE), strict=True):
            label = f"{name}: mean {found.mean:.3f}, std {found.std:.3f}"
            axes.stairs(found.counts, found.edges, fill=True, alpha=0.6, color=colour, label=label)
        axes.set_xlabel("weight")
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    return np.stack([found.counts for found in both])

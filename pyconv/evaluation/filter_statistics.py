# SPDX-License-Identifier: BSD-3-Clause
"""Mean, spread and histogram of filters, before and after training."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyconv.arguments import whole_number
from pyconv.evaluation.numbers_of import numbers_of

Values = npt.NDArray[np.float64]


class FilterStatistics(NamedTuple):
    """Of all weights: mean, std (division by their number); of each filter the same, (filters,).

    counts: (bins,) weights between the edges, (bins + 1,).
    """

    mean: float
    std: float
    least: float
    most: float
    filter_means: Values
    filter_stds: Values
    counts: npt.NDArray[np.int64]
    edges: Values


def filter_statistics(kernel: Any, *, bins: int = 50, edges: Any = None) -> FilterStatistics:
    """Return the statistics of one kernel.

    Args:
        kernel: (kh, kw, c, filters) or (in, units): the last axis counts filters.
        bins: equal ones between the least and the largest weight.
        edges: of the bins instead, (bins + 1,), rising; weights outside are not counted.
    Raises:
        TypeError: no numbers. ValueError: no weights, a weight that is not finite, less than two
            axes, bins < 1, edges that do not rise.
    """
    function = "filter_statistics"
    array = numbers_of(function, "kernel", kernel).astype(np.float64)
    if array.ndim < 2 or not array.size:
        raise ValueError(f"{function}: kernel.shape={array.shape}; must be (..., filters), no 0")
    if not np.isfinite(array).all():
        raise ValueError(f"{function}: kernel holds a weight that is not finite")
    limits: Any = whole_number(function, "bins", bins, 1)
    if edges is not None:
        limits = numbers_of(function, "edges", edges).astype(np.float64)
        if limits.ndim != 1 or limits.size < 2 or not (np.diff(limits) > 0).all():
            raise ValueError(f"{function}: edges of shape {limits.shape}; must rise, at least two")
    counts, borders = np.histogram(array, limits)
    filters = array.reshape(-1, array.shape[-1])
    return FilterStatistics(
        float(array.mean()),
        float(array.std()),
        float(array.min()),
        float(array.max()),
        filters.mean(axis=0),
        filters.std(axis=0),
        counts.astype(np.int64),
        borders.astype(np.float64),
    )


def compare_filters(
    before: Any, after: Any, *, bins: int = 50
) -> tuple[FilterStatistics, FilterStatistics]:
    """Return the statistics of a kernel before and after training, counted in the same bins.

    Args:
        before, after: as of filter_statistics, of the same shape.
    Raises:
        ValueError: shapes that differ, and as filter_statistics.
    """
    arrays = [
        numbers_of("compare_filters", name, value).astype(np.float64)
        for name, value in (("before", before), ("after", after))
    ]
    if arrays[0].shape != arrays[1].shape:
        raise ValueError(
            f"compare_filters: before.shape={arrays[0].shape}, after.shape={arrays[1].shape}; must "
            "be equal"
        )
    bins = whole_number("compare_filters", "bins", bins, 1)
    first = [filter_statistics(array, bins=bins) for array in arrays]
    least, most = min(s.least for s in first), max(s.most for s in first)
    edges = np.histogram_bin_edges([least, most], bins)
    old, new = (filter_statistics(array, edges=edges) for array in arrays)
    return old, new

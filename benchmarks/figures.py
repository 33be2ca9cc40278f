# SPDX-License-Identifier: BSD-3-Clause
"""What follows from times: rates, shares of the ceilings, ratios, geometric means, losses."""

from __future__ import annotations

import math
from typing import Any

from benchmarks.probes import Ceilings

Record = dict[str, Any]
# Below this share of the competitor's speed a loss is no matter of noise.
CLEAR_LOSS = 0.9


def seconds_of(contender: Record) -> float:
    """Return the lower quartile of a contender's calls, which stands for its time.

    Other programs only ever lengthen a call, on shared machines for some tenths of a second at a
    time: half of a row's turns may fall into that, and then the median does. Of three calls or
    fewer it is the quickest.
    """
    return float(contender["quartiles"][0])


def add_figures(record: Record, ceilings: Ceilings) -> None:
    """Add to a timed row its rates, shares and ratios (competitor's time / ours)."""
    if "failed" in record or "peak_megabytes" in record["ours"]:
        return
    seconds = seconds_of(record["ours"])
    if record["gflop"]:
        dtype = record["task"]["dtype"]
        record["gflops"] = record["gflop"] / seconds
        record["percent_of_peak"] = 100 * record["gflops"] / ceilings.fma[dtype]
    if record["megabytes"]:
        record["gigabytes_per_second"] = record["megabytes"] / seconds / 1e3
        record["percent_of_copy"] = 100 * record["gigabytes_per_second"] / ceilings.copy
    if record["images"]:
        record["images_per_second"] = record["images"] / seconds
    finalists = [rival for rival in record["rivals"] if not rival["only_tried"]]
    if finalists:
        best = min(finalists, key=seconds_of)
        record["best_rival"] = f"{best['library']} {best['setting']}"
        record["ratio"] = seconds_of(best) / seconds
    if record["origins"]:
        record["origin_ratio"] = min(map(seconds_of, record["origins"])) / seconds


def summary(group: str, records: list[Record]) -> Record:
    """Return geometric mean, worst row and number of losses of a group's rows."""
    own = [record for record in records if record["group"] == group]
    shares = [share(record) for record in own if timed(record)]
    return {
        "group": group,
        "beside": next((record["beside"] for record in own), ""),
        "rows": len(own),
        "failed": sum("failed" in record for record in own),
        **_compared(own),
        "lowest_percent": min(shares, default=None),
    }


def total(records: list[Record]) -> Record:
    """Return the same over all rows of time that others compete in."""
    return _compared([record for record in records if not record["beside"] and timed(record)])


def _compared(records: list[Record]) -> Record:
    ratios = [record["ratio"] for record in records if "ratio" in record]
    return {
        "compared": len(ratios),
        "geometric_mean": geometric_mean(ratios),
        "lowest_ratio": min(ratios, default=None),
        "losses": sum(ratio < 1 for ratio in ratios),
        "clear_losses": sum(ratio < CLEAR_LOSS for ratio in ratios),
    }


def timed(record: Record) -> bool:
    """Tell rows that were timed from those that failed and those of memory."""
    return "failed" not in record and "median" in record["ours"]


def share(record: Record) -> float:
    """Return the percentage of the ceiling that bounds a timed row."""
    return float(record["percent_of_peak" if record["gflop"] else "percent_of_copy"])


def geometric_mean(values: list[float]) -> float | None:
    """Return the geometric mean, None of nothing."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None

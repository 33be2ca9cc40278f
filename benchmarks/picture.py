# SPDX-License-Identifier: BSD-3-Clause
"""Bars, one for each row: how many times faster than the best competitor setting."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from benchmarks.figures import share, timed

_AHEAD, _BEHIND, _SHARE = "#2a7f62", "#c44536", "#8a8f98"


def draw(path: Path, report: dict[str, Any]) -> bool:
    """Draw the report's rows to a file; return False where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return False
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in report["rows"] if timed(row) and not row["beside"]]
    compared = any("ratio" in row for row in rows)
    values = [_value(row, compared=compared) for row in rows]
    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.19 * len(rows)), layout="constrained")
    axes.barh(range(len(rows)), values, color=[_colour(value, compared) for value in values])
    axes.set_yticks(range(len(rows)), [f"{row['group']}: {row['name']}" for row in rows])
    axes.tick_params(axis="y", labelsize=6)
    axes.invert_yaxis()
    axes.margins(y=0.005)
    if compared:
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set_xlabel("time of the best competitor setting / time of pyconv")
    else:
        axes.set_xlabel("percent of the probed FMA peak or copy rate")
    machine, settings = report["machine"], report["settings"]
    title = f"{machine['cpu']}, {settings['threads']} threads, {settings['isa']}"
    axes.set_title(title, fontsize=9)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True


def _value(row: dict[str, Any], *, compared: bool) -> float:
    return float(row.get("ratio", 0.0)) if compared else share(row)


def _colour(value: float, compared: bool) -> str:
    if not compared:
        return _SHARE
    return _AHEAD if value >= 1 else _BEHIND

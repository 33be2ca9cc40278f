# SPDX-License-Identifier: BSD-3-Clause
"""A bar for each row that has a ratio: PyTorch's time over ours, by group."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from benchmarks.gpu.verdicts import Record

_AHEAD, _BEHIND = "#2a7f62", "#c44536"


def bars(records: list[Record]) -> list[tuple[str, float]]:
    """Return (label, ratio) of the rows that were compared, worst last in each group."""
    compared = [r for r in records if r.get("ratio")]
    ordered = sorted(compared, key=lambda r: (r["group"], -r["ratio"]))
    return [(f"{r['group']}: {r['name']}", float(r["ratio"])) for r in ordered]


def draw(path: Path, records: list[Record], title: str) -> bool:
    """Draw to a file; return False where nothing was compared or matplotlib is missing."""
    rows = bars(records)
    if not rows or importlib.util.find_spec("matplotlib") is None:
        return False
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 1.2 + 0.16 * len(rows)), layout="constrained")
    values = [value for _, value in rows]
    axes.barh(range(len(rows)), values, color=[_AHEAD if v >= 1 else _BEHIND for v in values])
    axes.set_yticks(range(len(rows)), [label for label, _ in rows])
    axes.tick_params(axis="y", labelsize=5)
    axes.invert_yaxis()
    axes.margins(y=0.003)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("time of PyTorch with cuDNN / time of pyconv")
    axes.set_title(title, fontsize=9)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return True

# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks`: check every row, time it beside its competitors, print, write, draw."""

from __future__ import annotations

import argparse
import itertools
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import lectures, machine, picture, report, settings
from benchmarks.figures import add_figures, summary, total
from benchmarks.probes import Batch
from benchmarks.process import Process, WorkerError
from benchmarks.row import Row
from benchmarks.rows import all_rows
from benchmarks.session import Session
from benchmarks.timing import FULL, QUICK, Effort, turns_of

RESULTS = Path(__file__).resolve().parent / "results"
_QUICK_SECONDS = 140.0
# Checks, inputs and trials take about as long as the turns of the finalists.
_TURNS_SHARE = 0.5


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a part of the rows, under 3 minutes")
    parser.add_argument(
        "--minutes", type=_minutes, help="to aim for: each row is timed for its part of them"
    )
    parser.add_argument(
        "--only",
        metavar="SUBSTRING",
        action="append",
        help='in "group/name" of a row; may be given several times',
    )
    parser.add_argument("--isa", help="scalar, avx2 or avx512; caps the competitors too")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--eager", action="store_true", help="no compiled networks of PyTorch")
    parser.add_argument("--no-competitors", action="store_true", help="time pyconv alone")
    parser.add_argument(
        "--out",
        metavar="NAME",
        help="benchmarks/results/NAME.json and .png; default cpu, nothing with --only or --quick",
    )
    return parser.parse_args(words)


def _minutes(word: str) -> float:
    minutes = float(word)
    if not 0 < minutes < math.inf:
        raise ValueError
    return minutes


def output_path(chosen: argparse.Namespace) -> Path | None:
    """Return where the JSON goes: a part of the rows never replaces the whole by default."""
    if chosen.out is not None:
        path = Path(chosen.out)
        return (path if path.parent != Path() else RESULTS / path).with_suffix(".json")
    return None if chosen.only or chosen.quick else RESULTS / "cpu.json"


def measure(
    session: Session,
    rows: list[Row],
    about: dict[str, Any],
    seconds: float | None,
    keep: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Run all rows, group by group, printing and keeping each group when it is done.

    Args:
        seconds: to aim for; None: as long as rows take that are timed in full.
        keep: is given the report as far as it goes.
    """
    result = {**about, "missing": session.missing, "batches": [], "rows": [], "groups": []}
    deadline = None if seconds is None else time.monotonic() + seconds
    left, turns = len(rows), sum(map(turns_of, rows))
    for group, members in itertools.groupby(rows, key=lambda row: row.group):
        chosen = list(members)
        ours = settings.ours(chosen[0])
        batch = Batch(group, session.process(ours), milliseconds=100 if session.quick else 400)
        records = []
        for row in chosen:
            report.progress(f"{row.label} ({left} rows left)")
            share = None if deadline is None else max(0.0, deadline - time.monotonic()) / turns
            records.append(session.run(row, _effort(share, quick=session.quick)))
            left, turns = left - 1, turns - turns_of(row)
        report.progress("")
        result["batches"].append(finish(batch, session.process(ours), records))
        result["rows"] += records
        result["groups"].append(summary(group, records))
        report.say_group(result["batches"][-1], records, result["groups"][-1])
        result["total"] = total(result["rows"])
        result["lectures"] = lectures.table(result["rows"])
        keep(result)
    report.say_end(result["total"], result["lectures"])
    return result


def _effort(share: float | None, *, quick: bool) -> Effort:
    """Return how long to time a row, where `share` seconds are left for a row of one turn."""
    effort = QUICK if quick else FULL
    if share is None:
        return effort
    contenders = 3
    return effort.within(share * _TURNS_SHARE / contenders)


def finish(batch: Batch, process: Process, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Close a batch and add what follows from its ceilings to its rows."""
    closed = batch.finish(process)
    for record in records:
        add_figures(record, batch.ceilings)
    return closed


def main(words: list[str] | None = None) -> int:
    """Run the benchmarks; return 1 where a row failed its check."""
    chosen = arguments(words)
    wanted = chosen.only or [""]
    rows = all_rows(quick=chosen.quick)
    for part in wanted:
        if not any(part in row.label for row in rows):
            report.say(f"no row has {part!r} in its group/name")
            return 2
    rows = [row for row in rows if any(part in row.label for part in wanted)]
    seconds = 60 * chosen.minutes if chosen.minutes else _QUICK_SECONDS if chosen.quick else None
    path = output_path(chosen)

    def keep(result: dict[str, Any]) -> None:
        if path is not None:
            report.write_json(path, result)

    session = Session(
        threads=chosen.threads,
        isa=chosen.isa,
        quick=chosen.quick,
        eager=chosen.eager or chosen.quick,
        alone=chosen.no_competitors,
    )
    with session:
        about = {
            "format": 1,
            "machine": machine.describe(),
            "settings": {
                "threads": chosen.threads,
                "isa": session.versions.pop("isa"),
                "quick": chosen.quick,
                "minutes": chosen.minutes,
                "only": chosen.only or [],
                "eager": chosen.eager or chosen.quick,
            },
            "versions": {"python": sys.version.split()[0], **session.versions},
        }
        report.say_opening(about, session.missing)
        result = measure(session, rows, about, seconds, keep)
    if path is not None:
        drawn = picture.draw(path.with_suffix(".png"), result)
        report.say(f"\nwrote {path.name}" + (f" and {path.stem}.png" if drawn else ""))
    return int(any("failed" in row for row in result["rows"]))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WorkerError as error:
        sys.exit(f"benchmarks: pyconv does not run here: {error}")

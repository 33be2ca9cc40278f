# SPDX-License-Identifier: BSD-3-Clause
"""The certification as one command: steps in order, a file each, the table last."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.gpu import device
from benchmarks.gpu.picture import draw
from benchmarks.gpu.steps import STEPS, Result, Step, results_folder
from benchmarks.gpu.verdicts import Record, table
from benchmarks.report import say, write_json


def main(arguments: Sequence[str] | None = None, steps: Sequence[Step] = STEPS) -> int:
    """Run the check; 0 where every step passed, 1 where one failed or there is no GPU."""
    options = _parser(steps).parse_args(arguments)
    reason = device.missing()
    if reason is not None:
        say(f"no GPU: {reason}")
        return 1
    folder, about = results_folder(), device.describe()
    say(f"{about.get('name', 'a GPU')}, compute capability {about['capability']}")
    chosen = [step for step in steps if not options.only or step.name in options.only]
    for step in chosen:
        _run(step, folder, about)
    return _close(folder, about, [step.name for step in steps])


def _parser(steps: Sequence[Step]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gpu_check.py", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        choices=[step.name for step in steps],
        help="run this step alone; may be repeated",
    )
    return parser


def _run(step: Step, folder: Path, about: dict[str, Any]) -> None:
    """Run a step and write its file, whatever comes of it."""
    began = time.monotonic()
    try:
        result: Result = step.run(step.budget)
    except Exception as error:  # a failed step does not stop the next
        result = {"passed": False, "failed": f"{type(error).__name__}: {error}"[:500]}
    result["seconds_taken"] = time.monotonic() - began
    write_json(folder / f"gpu-{step.name}.json", {"about": about, **result})
    say(status_line(step.name, result))


def status_line(name: str, result: Result) -> str:
    """Return one line of what came of a step."""
    if "not_run" in result:
        word = f"not run: {result['not_run']}"
    elif result["passed"]:
        word = "passed"
    else:
        word = f"FAILED {result.get('failed', '')}".rstrip()
    return f"{name:10} {result['seconds_taken']:6.1f} s  {word}"


def _close(folder: Path, about: dict[str, Any], names: Sequence[str]) -> int:
    """Join the steps' files to one, draw, print the table; return the exit status."""
    found = {}
    for name in names:
        path = folder / f"gpu-{name}.json"
        if path.is_file():
            found[name] = json.loads(path.read_text())
    same = {n: step for n, step in found.items() if _build(step["about"]) == _build(about)}
    report = {
        "about": about,
        "steps": {name: {k: v for k, v in s.items() if k != "about"} for name, s in same.items()},
        "not_run": [name for name in names if name not in same],
    }
    write_json(folder / "gpu-check.json", report)
    records = rows_of(report)
    for line in (*table(records), "", *(status_line(n, s) for n, s in report["steps"].items())):
        say(line)
    draw(folder / "gpu-check.png", records, str(about.get("name", "GPU")))
    return 0 if same and all(step["passed"] for step in same.values()) else 1


def _build(about: dict[str, Any]) -> tuple[Any, ...]:
    """Return what results must share to stand in one report."""
    return tuple(about.get(key) for key in ("commit", "name", "capability"))


def rows_of(report: dict[str, Any]) -> list[Record]:
    """Return the timed rows of all steps of a report."""
    return [row for step in report["steps"].values() for row in step.get("rows", ())]

# SPDX-License-Identifier: BSD-3-Clause
"""The peak memory of a training step: each library alone in a process, by the kernel's count.

What a process needed to prepare is given back first, and the high-water mark of its resident
memory (VmHWM) set to what is left: libraries, weights, one batch.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

from benchmarks import settings
from benchmarks.checks import WrongResult, compare
from benchmarks.process import Process, WorkerError, environment
from benchmarks.row import Row
from benchmarks.settings import Setting

STEPS = 2
_MOST_SECONDS = 900.0


def status(field: str) -> float:
    """Return a field of this process's /proc status in million bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise OSError(f"/proc/self/status has no {field}")


def forget_peak() -> None:
    """Set the high-water mark of this process to what it holds now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


def peaks(row: Row, setting: Setting, threads: int, isa: str | None) -> dict[str, Any]:
    """Return the megabytes of a setting: held before the steps, at most during them; its result."""
    variables = environment(threads, setting.isa or isa, huge_pages=setting.huge_pages)
    process = Process(setting.library, variables, threads)
    try:
        return dict(
            process.ask(
                "memory",
                timeout=_MOST_SECONDS,
                task=row.task,
                options=setting.options,
                steps=STEPS,
            )
        )
    finally:
        process.close()


def measure(row: Row, threads: int, isa: str | None, *, eager: bool, alone: bool) -> dict[str, Any]:
    """Return the record of a memory row; ratio is that of the thriftiest competitor to ours."""
    record: dict[str, Any] = {
        "group": row.group,
        "name": row.name,
        "task": row.task,
        "beside": "",
        "notes": [],
        "rivals": [],
    }
    try:
        record["ours"] = peaks(row, settings.ours(row), threads, isa)
    except WorkerError as error:
        record["failed"] = str(error)
        return record
    for setting in () if alone else settings.rivals(row, eager=eager):
        if setting.huge_pages:
            continue
        try:
            found = peaks(row, setting, threads, isa)
            compare(row.task, _loss(record["ours"]), _loss(found))
        except (WorkerError, WrongResult) as error:
            record["notes"].append(f"{setting.library} {setting.name}: {error}")
            continue
        record["rivals"].append({"library": setting.library, "setting": setting.name, **found})
    if record["rivals"]:
        best = min(record["rivals"], key=lambda rival: rival["peak_megabytes"])
        record["best_rival"] = f"{best['library']} {best['setting']}"
        record["ratio"] = best["peak_megabytes"] / record["ours"]["peak_megabytes"]
    return record


def _loss(found: dict[str, Any]) -> Any:
    import numpy as np

    return {"loss": np.array([found["loss"]])}

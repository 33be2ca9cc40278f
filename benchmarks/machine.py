# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a report may name it, and how much of it others took meanwhile."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def describe() -> dict[str, str | int]:
    """Return processor, cores in reach and system; no names, no paths."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.system(),
        "architecture": platform.machine(),
        "huge_pages": _huge_pages(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _huge_pages() -> str:
    """Return the mode in brackets, as in "always [madvise] never"."""
    try:
        text = Path("/sys/kernel/mm/transparent_hugepage/enabled").read_text()
    except OSError:
        return "unknown"
    return text.partition("[")[2].partition("]")[0]


class StealMeter:
    """The share of processor time that the hypervisor gave to others since the meter started."""

    def __init__(self) -> None:
        self._stolen, self._total = _times()

    def percent(self) -> float:
        """Return the share up to now."""
        stolen, total = _times()
        return 100.0 * (stolen - self._stolen) / max(1, total - self._total)


def _times() -> tuple[int, int]:
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    ticks = [int(field) for field in fields]
    return ticks[7], sum(ticks)

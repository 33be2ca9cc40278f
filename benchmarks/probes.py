# SPDX-License-Identifier: BSD-3-Clause
"""The ceilings that percentages refer to, probed before and after every group of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.machine import StealMeter
from benchmarks.process import Process

_CODES = {"float32": 0, "float64": 1}
# Far beyond the last cache.
_COPY_BYTES = 1 << 28
_COPY_REPEATS = 5
_DRIFT_PERCENT, _STEAL_PERCENT = 2.0, 0.5


@dataclass(frozen=True)
class Ceilings:
    """GFLOP/s of multiply-adds for each dtype, and GB/s read and written by copying."""

    fma: dict[str, float]
    copy: float

    def as_json(self) -> dict[str, Any]:
        """Return the figures, rounded."""
        fma = {dtype: round(value, 2) for dtype, value in self.fma.items()}
        return {"fma_gflops": fma, "copy_gigabytes": round(self.copy, 2)}


def probe(process: Process, *, milliseconds: int) -> Ceilings:
    """Measure both ceilings in pyconv's process, with its threads and instruction set."""
    fma, copy = {}, 0.0
    for dtype, code in _CODES.items():
        answer = process.ask(
            "probe",
            dtype=code,
            milliseconds=milliseconds,
            bytes=_COPY_BYTES if code == 0 else 1 << 20,
            repeats=_COPY_REPEATS,
        )
        fma[dtype] = answer["fma_gflops"]
        copy = answer["copy_gigabytes"] if code == 0 else copy
    return Ceilings(fma, copy)


class Batch:
    """Rows between two probes; percentages refer to the higher of the two."""

    def __init__(self, group: str, process: Process, *, milliseconds: int) -> None:
        self.group = group
        self._milliseconds = milliseconds
        self._steal = StealMeter()
        self._before = probe(process, milliseconds=milliseconds)
        self.ceilings = self._before

    def finish(self, process: Process) -> dict[str, Any]:
        """Probe again, in a process that may be a new one; return what a report says."""
        after = probe(process, milliseconds=self._milliseconds)
        before = self._before
        fma = {dtype: max(value, after.fma[dtype]) for dtype, value in before.fma.items()}
        self.ceilings = Ceilings(fma, max(before.copy, after.copy))
        drift = max(
            _drift(before.fma["float32"], after.fma["float32"]), _drift(before.copy, after.copy)
        )
        steal = self._steal.percent()
        return {
            "group": self.group,
            "before": before.as_json(),
            "after": after.as_json(),
            "drift_percent": round(drift, 2),
            "steal_percent": round(steal, 2),
            "quiet": drift <= _DRIFT_PERCENT and steal <= _STEAL_PERCENT,
        }


def _drift(before: float, after: float) -> float:
    return 100.0 * abs(after - before) / max(before, after)

# SPDX-License-Identifier: BSD-3-Clause
"""What one line of the table is: a task in plain JSON, its work, and who competes for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Task: TypeAlias = dict[str, Any]
Options: TypeAlias = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One task, timed for pyconv and for every competitor.

    Attributes:
        group: rows of one group share a geometric mean.
        name: what the table prints; "group/name" is what --only looks in.
        task: "kind", and the sizes that inputs.py and the competitors read.
        gflop: thousand million operations of one call, 0 where bytes are what counts.
        megabytes: million bytes that one call must read and write, 0 where operations count.
        images: images that one call works through, 0 where the task has none.
        peak_dtype: whose FMA peak the operations are compared with.
        origin: also time the book's NumPy program: where users come from.
        long: a call takes seconds; a few of them are timed.
        calls: at least so many calls are timed, of what takes microseconds.
        beside: compare with pyconv itself in another setting of settings.BESIDE, not with others.
        isa: the instruction set that everyone is held to; None: that of the whole run.
        memory: peak memory is what is compared, each library alone in a process.
    """

    group: str
    name: str
    task: Task
    gflop: float = 0.0
    megabytes: float = 0.0
    images: int = 0
    peak_dtype: str = "float32"
    origin: bool = False
    long: bool = False
    calls: int = 0
    beside: str = ""
    isa: str | None = None
    memory: bool = False

    @property
    def label(self) -> str:
        """The text that --only is looked up in."""
        return f"{self.group}/{self.name}"

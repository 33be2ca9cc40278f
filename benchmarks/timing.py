# SPDX-License-Identifier: BSD-3-Clause
"""The one timing loop: all contenders of a row in turns, A B A B, each in its own process."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field, replace
from typing import Any

from benchmarks.process import Process
from benchmarks.row import Row

_MARGIN = 1.15
_PLANNING = 5  # predictions until a library has settled on how it makes those of a shape
_MOST_FINALISTS = 2
_LONG_TURNS = 4


@dataclass(frozen=True)
class Effort:
    """How long to measure: `samples` calls and `least` seconds, but at most `most` seconds.

    `trial_warmups` come before the short look at every setting of a competitor.
    """

    rounds: int
    warmups: int
    samples: int
    least: float
    most: float
    trial_warmups: int = 2

    def within(self, seconds: float) -> Effort:
        """Return the same, cut to `seconds` for each contender."""
        return replace(self, least=min(self.least, seconds), most=min(self.most, seconds))

    def fitted(self, row: Row) -> Effort:
        """Return the same for calls of seconds, or for many of microseconds."""
        if row.long:
            rounds = min(self.rounds, LONG.rounds)
            warmups = _PLANNING if row.task["kind"] == "inference" else LONG.warmups
            return replace(LONG, rounds=rounds, warmups=warmups).within(self.most * turns_of(row))
        return replace(self, samples=max(self.samples, row.calls))


FULL = Effort(rounds=10, warmups=5, samples=30, least=0.3, most=3.0)
# The check has already called every contender once: caches are warm, what is compiled is compiled.
LONG = Effort(rounds=3, warmups=0, samples=3, least=6.0, most=12.0, trial_warmups=0)
QUICK = Effort(rounds=3, warmups=2, samples=9, least=0.06, most=0.4)


def turns_of(row: Row) -> int:
    """Return how many times as long as others a row is timed: more where few calls are made."""
    return _LONG_TURNS if row.long else 1


@dataclass
class Contender:
    """One library in one setting, its job prepared in its process."""

    library: str
    setting: str
    process: Process
    job: int
    seconds: list[float] = field(default_factory=list)
    only_tried: bool = False

    def run(self, effort: Effort, *, share: int, warmups: int) -> list[float]:
        """Time one turn of `share` turns."""
        turn: list[float] = self.process.ask(
            "time",
            job=self.job,
            warmups=warmups,
            samples=-(-effort.samples // share),
            least=effort.least / share,
            most=effort.most / share,
        )
        return turn

    def statistics(self) -> dict[str, Any]:
        """Return seconds of one call, and of how many calls."""
        ordered = sorted(self.seconds)
        quarter = len(ordered) // 4
        return {
            "library": self.library,
            "setting": self.setting,
            "median": statistics.median(ordered),
            "minimum": ordered[0],
            "quartiles": [ordered[quarter], ordered[-1 - quarter]],
            "samples": len(ordered),
            "only_tried": self.only_tried,
        }


def _finalists(rivals: list[Contender], effort: Effort) -> list[Contender]:
    """Try every setting of the competitor; return those close enough to win."""
    for rival in rivals:
        rival.seconds = rival.run(
            effort, share=min(10, max(4, effort.samples // 3)), warmups=effort.trial_warmups
        )
    ranked = sorted(rivals, key=lambda rival: min(rival.seconds))
    if not ranked:
        return []
    bar = _MARGIN * min(ranked[0].seconds)
    chosen = [rival for rival in ranked if min(rival.seconds) <= bar][:_MOST_FINALISTS]
    for rival in ranked:
        rival.only_tried = rival not in chosen
    return chosen


def time_row(
    ours: Contender, rivals: list[Contender], origin: list[Contender], effort: Effort
) -> None:
    """Fill the seconds of all contenders.

    Args:
        ours: pyconv. rivals: settings of the competitor; all are tried for a moment, the best two
            within 15 % of each other are timed in turns with ours.
        origin: timed in turns too, but no rival.
    """
    contenders = [ours, *_finalists(rivals, effort), *origin]
    for contender in contenders:
        contender.seconds = []
    for turn in range(effort.rounds):
        for contender in contenders:
            warmups = effort.warmups if turn == 0 else min(1, effort.warmups)
            contender.seconds += contender.run(effort, share=effort.rounds, warmups=warmups)

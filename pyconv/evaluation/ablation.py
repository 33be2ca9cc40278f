# SPDX-License-Identifier: BSD-3-Clause
"""Ablation: every combination of n switches on and off, each tried on the same folds or seeds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyconv import random
from pyconv.arguments import checked_function, items_of, plain_number, several_names

Values = npt.NDArray[np.float64]

MOST_SWITCHES = 12


class Ablation(NamedTuple):
    """The table of scores: a row per combination, a column per trial.

    switches: their names. labels: "000" to "111", a digit per switch in the order of `switches`.
    values: (2^n, trials).
    """

    switches: tuple[str, ...]
    labels: tuple[str, ...]
    values: Values

    @property
    def mean(self) -> dict[str, float]:
        """The mean over the trials, by label."""
        return dict(zip(self.labels, self.values.mean(axis=1).tolist(), strict=True))

    @property
    def std(self) -> dict[str, float]:
        """The standard deviation over the trials (division by their number), by label."""
        return dict(zip(self.labels, self.values.std(axis=1).tolist(), strict=True))

    def effect(self, switch: str) -> float:
        """Return the mean score with a switch on less the mean with it off, all else alike."""
        if switch not in self.switches:
            raise ValueError(
                f"effect: switch={switch!r}; must be one of {', '.join(self.switches)}"
            )
        place = self.switches.index(switch)
        on = np.array([label[place] == "1" for label in self.labels])
        return float(self.values[on].mean() - self.values[~on].mean())

    def lines(self) -> list[str]:
        """Return the table: mean and spread of each combination, effect of each switch."""
        width = max(map(len, self.switches))
        heads = "  ".join(f"{name:>{width}}" for name in self.switches)
        rows = [
            "  ".join(f"{'on' if digit == '1' else '-':>{width}}" for digit in label)
            + f"  {self.mean[label]:>9.4f}  {self.std[label]:>9.4f}"
            for label in self.labels
        ]
        effects = [f"effect of {name}: {self.effect(name):+.4f}" for name in self.switches]
        return [f"{heads}  {'mean':>9}  {'spread':>9}", *rows, "", *effects]


def ablation(
    score: Callable[[dict[str, bool], Any], float],
    switches: Sequence[str],
    trials: Iterable[Any] = (0,),
) -> Ablation:
    """Return the score of each of the 2^n combinations of switches in each trial.

    Args:
        score: score(settings, trial) trains a new model with the settings {switch: on or off} and
            returns one number.
        switches: n names, 1 to 12.
        trials: the same for every combination: pairs (train, test) of indices, as KFold.split
            gives them; or seeds, integers, each given to pyconv.set_seed before its runs.
    Raises:
        ValueError: no switch or more than 12, names that are equal, no trial. TypeError: a score
            that is no number.
    Source: the usual table of ablation studies.

    >>> from pyconv.evaluation import ablation
    >>> table = ablation(lambda on, seed: on["dropout"] + 2 * on["l2"], ["dropout", "l2"])
    >>> table.mean
    {'00': 0.0, '01': 2.0, '10': 1.0, '11': 3.0}
    """
    checked_function("ablation", "score", score)
    names = tuple(several_names("ablation", "switches", switches))
    if not 1 <= len(names) <= MOST_SWITCHES or len(set(names)) < len(names):
        raise ValueError(
            f"ablation: switches={list(names)}; must be 1 to {MOST_SWITCHES} different names"
        )
    tried = items_of("ablation", "trials", trials)
    if not tried:
        raise ValueError("ablation: trials is empty; must have a fold or a seed")
    labels = tuple("".join(digits) for digits in itertools.product("01", repeat=len(names)))
    values = np.empty((len(labels), len(tried)))
    for row, label in enumerate(labels):
        for column, trial in enumerate(tried):
            settings = {name: digit == "1" for name, digit in zip(names, label, strict=True)}
            values[row, column] = _one_run(score, settings, trial)
    return Ablation(names, labels, values)


def _one_run(
    score: Callable[[dict[str, bool], Any], float], on: dict[str, bool], trial: Any
) -> float:
    if isinstance(trial, (int, np.integer)) and not isinstance(trial, bool):
        random.set_seed(int(trial))
    return plain_number("ablation", "score", score(on, trial))

# SPDX-License-Identifier: BSD-3-Clause
"""Precision, recall and F1 of every class, and their means.

precision = right / predicted, recall = right / labelled, F1 = 2 right / (predicted + labelled);
a ratio to nothing is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyconv.evaluation.confusion_matrix import counted
from pyconv.metrics.confusion import ratio

Values = npt.NDArray[np.float64]


class Averages(NamedTuple):
    """Precision, recall and F1 over all classes."""

    precision: float
    recall: float
    f1: float


class ClassificationReport(NamedTuple):
    """What a classifier does with each class; arrays are (classes,), support is in samples."""

    precision: Values
    recall: Values
    f1: Values
    support: npt.NDArray[np.int64]
    accuracy: float
    macro: Averages
    weighted: Averages

    def lines(self, class_names: Sequence[str] | None = None) -> list[str]:
        """Return the table, one line per class, then accuracy and the means.

        Raises:
            ValueError: another number of names than classes.
        """
        names = [
            str(name) for name in (range(len(self.support)) if class_names is None else class_names)
        ]
        if len(names) != len(self.support):
            raise ValueError(f"lines: {len(names)} names; must be {len(self.support)}")
        width = max(map(len, [*names, "weighted mean"]))
        head = f"{'':<{width}}{'precision':>11}{'recall':>9}{'F1':>9}{'support':>10}"
        columns = zip(names, self.precision, self.recall, self.f1, self.support, strict=True)
        rows = [_row(name, width, p, r, f, n) for name, p, r, f, n in columns]
        total = int(self.support.sum())
        means = [
            _row("mean", width, *self.macro, total),
            _row("weighted mean", width, *self.weighted, total),
        ]
        return [head, *rows, "", f"{'accuracy':<{width}}{self.accuracy:>29.4f}{total:>10,}", *means]


def classification_report(
    labels: Any, predictions: Any, *, classes: int | None = None
) -> ClassificationReport:
    """Return precision, recall, F1 and support per class, accuracy, and two means.

    `macro` counts every class the same, `weighted` by its labels.

    Args:
        labels, predictions, classes: as in confusion_matrix.
    Raises:
        ValueError: as confusion_matrix; no sample.

    >>> from pyconv.evaluation import classification_report
    >>> report = classification_report([0, 0, 1, 1], [0, 1, 1, 1])
    >>> report.recall.tolist(), report.accuracy
    ([0.5, 1.0], 0.75)
    """
    counts = counted("classification_report", labels, predictions, classes)
    total = int(counts.sum())
    if total == 0:
        raise ValueError("classification_report: labels is empty; must have a sample")
    right, support, predicted = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = ratio(right, predicted), ratio(right, support)
    f1 = ratio(2 * right, predicted + support)
    values = (precision, recall, f1)
    return ClassificationReport(
        precision,
        recall,
        f1,
        support,
        float(right.sum() / total),
        Averages(*(float(v.mean()) for v in values)),
        Averages(*(float(v @ support / total) for v in values)),
    )


def _row(name: str, width: int, p: float, r: float, f: float, support: int) -> str:
    return f"{name:<{width}}{p:>11.4f}{r:>9.4f}{f:>9.4f}{support:>10,}"

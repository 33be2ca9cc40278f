# SPDX-License-Identifier: BSD-3-Clause
"""The files that a training run leaves: history as CSV, pictures; each replaced in one step."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from pyconv.callbacks import History
from pyconv.saving.atomic import atomic_write
from pyconv.visualization import confusion_matrix, curves, filter_grid, misclassified


def write_history(history: History, path: Path) -> None:
    """Write one line per epoch: its number from 1, then loss and metrics."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["epoch", *history.history])
    for epoch, *values in zip(history.epoch, *history.history.values(), strict=True):
        table.writerow([epoch + 1, *(f"{value:.6g}" for value in values)])
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())


def write_pictures(
    out: Path, history: History, kernels: tuple[Any, Any], images: Any, labels: Any, found: Any
) -> list[str]:
    """Draw curves, filters before and after, mistakes and confusions; return the file names."""
    curves(history, out / "curves.png")
    filter_grid(*kernels, out / "filters.png")
    misclassified(images, labels, found, out / "misclassified.png")
    confusion_matrix(labels, found, out / "confusion.png")
    return ["curves.png", "filters.png", "misclassified.png", "confusion.png"]

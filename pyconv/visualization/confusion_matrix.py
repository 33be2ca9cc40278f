# SPDX-License-Identifier: BSD-3-Clause
"""A drawing of the confusion matrix: how often which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import items_of
from pyconv.evaluation.confusion_matrix import counted
from pyconv.visualization.canvas import BLUE, Path, figure

MOST_LEGIBLE = 250  # classes, beyond which counts would be smaller than their dots


def confusion_matrix(
    labels: Any,
    predictions: Any,
    path: Path | None = None,
    *,
    class_names: Sequence[str] | None = None,
) -> npt.NDArray[np.int64]:
    """Count and draw what was predicted for each label; the redder a mistake, the more frequent.

    Args:
        labels, predictions: as of evaluation.confusion_matrix, which counts them.
        path: of the PNG file; None shows the picture.
        class_names: what to write at rows and columns; the numbers by default. Counts are written
            up to 250 classes.
    Returns:
        counts (classes, classes): row = label, column = prediction.
    Raises:
        TypeError: no numbers. ValueError: lengths differ; no sample; a class number is negative or
            has no name.
    """
    if class_names is not None:
        class_names = items_of("confusion_matrix", "class_names", class_names)
    named = None if class_names is None else len(class_names)
    counts = counted("confusion_matrix", labels, predictions, named)
    if not counts.any():
        raise ValueError("confusion_matrix: labels is empty; must have a sample")
    classes = len(counts)
    names = [str(name) for name in (range(classes) if class_names is None else class_names)]
    side = 2 + 0.42 * classes
    with figure("confusion_matrix", path, side, side) as picture:
        _draw(picture.subplots(), counts, names)
    return counts


def _draw(axes: Any, counts: npt.NDArray[np.int64], names: list[str]) -> None:
    """Paint mistakes red against each other, and the diagonal apart from them."""
    right = np.eye(len(counts), dtype=bool)
    wrong = np.where(right, 0, counts)
    shade = np.sqrt(wrong / max(wrong.max(), 1))  # small counts are to be seen, too
    axes.imshow(np.where(right, np.nan, shade), cmap="Reds", vmin=0, vmax=1.3)
    legible = counts if len(counts) <= MOST_LEGIBLE else counts[:0]
    for row, column in zip(*np.nonzero(legible), strict=True):
        dark = "white" if shade[row, column] > 0.75 else "black"
        colour, weight = (BLUE, "bold") if row == column else (dark, "normal")
        count = str(counts[row, column])
        axes.text(
            column, row, count, ha="center", va="center", color=colour, weight=weight, fontsize=8
        )
    places = range(len(names))
    if max(map(len, names)) < 3:
        axes.set_xticks(places, names)
    else:
        axes.set_xticks(places, names, rotation=50, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, names)
    axes.set_xlabel("prediction")
    axes.set_ylabel("label")
    axes.set_xticks([p - 0.5 for p in places], minor=True)
    axes.set_yticks([p - 0.5 for p in places], minor=True)
    axes.grid(which="minor", color="white", linewidth=1.5)
    axes.tick_params(which="both", length=0)
    axes.set_title(f"accuracy {np.trace(counts) / counts.sum():.4f} on {counts.sum():,} pictures")

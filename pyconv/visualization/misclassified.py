# SPDX-License-Identifier: BSD-3-Clause
"""The pictures that a model takes for something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.evaluation.class_numbers import pair_of_classes
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.canvas import GREY, Path, figure

Inferences = dict[int, tuple[int, int]]

ROWS, COLUMNS = 4, 5


def misclassified(
    images: Any, labels: Any, predictions: Any, path: Path | None = None, *, cmap: str = "gray"
) -> tuple[npt.NDArray[Any], Inferences]:
    """Draw the first 20 misclassified pictures, true label top left, prediction bottom right.

    Args:
        images: (n, h, w), (n, h, w, 1) or (n, h, w, 3).
        labels: (n,) or (n, 1) class numbers, or (n, classes) one-hot. predictions: the same, or
            (n, classes) outputs, or (n, 1) probabilities of class 1.
        path: of the PNG file; None shows the picture.
    Returns:
        The pictures drawn, (up to 20, h, w[, 3]), and {view: (label, inference)}, views from 1.
    Raises:
        TypeError: no numbers. ValueError: lengths or ranks differ from the above; no class number.
    """
    images = numbers_of("misclassified", "images", images)
    labels, predictions = pair_of_classes("misclassified", labels, predictions)
    if images.ndim == 4 and images.shape[3] == 1:
        images = images[..., 0]
    fits = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if not fits or len(images) != len(labels):
        raise ValueError(
            f"misclassified: images.shape={images.shape} with {len(labels)} labels; must be "
            "(n, h, w), (n, h, w, 1) or (n, h, w, 3)"
        )
    wrong = np.flatnonzero(predictions != labels)
    shown = wrong[: ROWS * COLUMNS]
    views = {
        view: (int(labels[i]), int(predictions[i])) for view, i in enumerate(shown.tolist(), 1)
    }
    with figure("misclassified", path, 6.2, 5.8) as picture:
        share = f"{len(wrong):,} of {len(labels):,} misclassified"
        picture.suptitle(f"{share}  (green: label, red: prediction)", fontsize=11)
        panels = picture.subplots(ROWS, COLUMNS).reshape(-1)
        for axes in panels:
            axes.axis("off")
        for axes, i, (label, inference) in zip(panels, shown, views.values(), strict=False):
            _view(axes, images[i], label, inference, cmap)
    return images[shown], views


def _view(axes: Any, image: npt.NDArray[Any], label: int, inference: int, cmap: str) -> None:
    axes.axis("on")
    axes.set(xticks=[], yticks=[])
    axes.imshow(image, cmap=cmap)
    for spine in axes.spines.values():
        spine.set_color(GREY)
    size = {"fontsize": 13, "fontweight": "bold", "transform": axes.transAxes}
    axes.text(0.04, 0.96, str(label), color="#66ff88", ha="left", va="top", **size)
    axes.text(0.96, 0.04, str(inference), color="#ff6655", ha="right", va="bottom", **size)

# SPDX-License-Identifier: BSD-3-Clause
"""Box plot: the scores of folds or seeds, one box per setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.evaluation.ablation import Ablation
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.canvas import BLUE, ORANGE, Path, figure


def box_plot(
    scores: Mapping[str, Sequence[float]] | Any,
    path: Path | None = None,
    *,
    title: str = "accuracy",
) -> npt.NDArray[np.float64]:
    """Draw a box per setting: median, quartiles, and whiskers to the last score within 1.5 boxes.

    Args:
        scores: {setting: scores of its folds}, as many for each; or what evaluation.ablation
            returns.
        path: of the PNG file; None shows the picture.
        title: what the scores are.
    Returns:
        (settings, folds).
    Raises:
        TypeError: no numbers. ValueError: no setting, no fold, different numbers of folds, NaN.
    """
    if not isinstance(scores, (Mapping, Ablation)):
        raise TypeError(
            f"box_plot: scores={scores!r}; must be a dictionary, or what ablation returns"
        )
    if isinstance(scores, Ablation):
        scores = dict(zip(scores.labels, scores.values, strict=True))
    rows = [numbers_of("box_plot", f"scores[{name!r}]", s) for name, s in scores.items()]
    shapes = {row.shape for row in rows}
    if len(shapes) != 1 or len(next(iter(shapes))) != 1 or not rows[0].size:
        raise ValueError(
            f"box_plot: scores of shapes {[row.shape for row in rows]}; must be (folds,), the same "
            "for each setting"
        )
    values = np.stack(rows).astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("box_plot: scores hold a value that is not finite")
    with figure("box_plot", path, 1.6 + 0.8 * len(values), 4) as drawn:
        axes = drawn.subplots()
        boxes = axes.boxplot(list(values), widths=0.5, medianprops={"color": ORANGE})
        for part in ("boxes", "whiskers", "caps"):
            for line in boxes[part]:
                line.set_color(BLUE)
        axes.set_xticks(range(1, len(values) + 1), list(scores))
        axes.set_title(title)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    return values

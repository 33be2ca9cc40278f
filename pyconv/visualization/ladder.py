# SPDX-License-Identifier: BSD-3-Clause
"""A ladder of speeds: one bar for each way to compute the same, each many times its neighbour."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pyconv.visualization.canvas import BLUE, GREY, Path, figure


def ladder(
    speeds: Mapping[str, float], peak: float | None = None, path: Path | None = None
) -> npt.NDArray[np.float64]:
    """Draw speeds as horizontal bars on a logarithmic axis, the first on top.

    Args:
        speeds: GFLOP/s by name, above 0. peak: the machine's, drawn as a line.
        path: of the PNG file; None shows the picture.
    Returns:
        the speeds, in order.
    Raises:
        ValueError: no speed, or one that is not above 0.
    """
    values = np.array(list(speeds.values()), np.float64)
    if not len(values) or not (values > 0).all():
        raise ValueError(f"ladder: speeds={dict(speeds)}; must be above 0, at least one")
    with figure("ladder", path, 7.0, 0.8 + 0.42 * len(values)) as picture:
        axes = picture.subplots()
        places = np.arange(len(values))[::-1]
        axes.barh(places, values, color=BLUE, height=0.7)
        axes.set_yticks(places, list(speeds))
        axes.set_xscale("log")
        for place, value in zip(places, values, strict=True):
            axes.text(value * 1.15, place, f"{value:.3g}", va="center")
        if peak is not None:
            axes.axvline(peak, color=GREY, ls="--")
            axes.text(peak, len(values) - 0.4, "peak", color=GREY, ha="center", va="bottom")
        axes.set_xlim(values.min() / 3, max(values.max(), peak or 0.0) * 6)
        axes.set_xlabel("GFLOP/s of the definition")
        axes.spines[["top", "right"]].set_visible(False)
    return values

# SPDX-License-Identifier: BSD-3-Clause
"""PiecewiseConstantDecay: one rate up to each boundary, the last one after."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.schedules.schedule import LearningRateSchedule


class PiecewiseConstantDecay(LearningRateSchedule):
    """rate(t) = values[k], k the number of boundaries below t.

    Args:
        boundaries: steps, rising. values: one more than boundaries.
    Source: Keras PiecewiseConstantDecay.
    """

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str = "PiecewiseConstant",
    ) -> None:
        for argument, given in (("boundaries", boundaries), ("values", values)):
            if not isinstance(given, (list, tuple, np.ndarray)):
                raise TypeError(
                    f"PiecewiseConstantDecay: {argument}={given!r}; must be a list of numbers"
                )
        if len(boundaries) + 1 != len(values):
            raise ValueError(
                f"PiecewiseConstantDecay: {len(values)} values for {len(boundaries)} boundaries; "
                f"must be {len(boundaries) + 1}"
            )
        self.boundaries = [self.number("boundaries", b) for b in boundaries]
        if self.boundaries != sorted(self.boundaries):
            raise ValueError(f"PiecewiseConstantDecay: boundaries={list(boundaries)}; must rise")
        self.values = [self.rate("values", v) for v in values]
        self.name = name

    def __call__(self, step: int) -> float:
        return self.values[bisect_left(self.boundaries, step)]

    def get_config(self) -> dict[str, Any]:
        return {"boundaries": self.boundaries, "values": self.values, "name": self.name}

# SPDX-License-Identifier: BSD-3-Clause
"""CosineDecay: half a cosine from the first rate down, after an optional linear climb."""

from __future__ import annotations

import math
from typing import Any

from pyconv.schedules.schedule import LearningRateSchedule


class CosineDecay(LearningRateSchedule):
    """rate(t) = top * ((1 - alpha) (1 + cos(pi t / decay_steps)) / 2 + alpha).

    Args:
        alpha: the last rate as a share of the top.
        warmup_target: with warmup_steps, the rate first climbs in a line from
            initial_learning_rate to this top.
    Source: Keras CosineDecay; Loshchilov and Hutter, 2017.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate = self.rate("initial_learning_rate", initial_learning_rate)
        self.decay_steps = self.number("decay_steps", decay_steps, above=0)
        self.alpha = self.rate("alpha", alpha)
        self.name = name
        self.warmup_target = (
            None if warmup_target is None else self.rate("warmup_target", warmup_target)
        )
        self.warmup_steps = self.rate("warmup_steps", warmup_steps)

    def __call__(self, step: int) -> float:
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                climb = self.warmup_target - top
                return climb * (step / self.warmup_steps) + top
            step -= int(self.warmup_steps)
            top = self.warmup_target
        share = min(step, self.decay_steps) / self.decay_steps
        cosine = 0.5 * (1 + math.cos(math.pi * share))
        return top * ((1 - self.alpha) * cosine + self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "alpha": self.alpha,
            "name": self.name,
            "warmup_target": self.warmup_target,
            "warmup_steps": self.warmup_steps,
        }

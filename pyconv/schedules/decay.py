# SPDX-License-Identifier: BSD-3-Clause
"""Rates that fall by a formula: exponential, inverse time, polynomial."""

from __future__ import annotations

import math
from typing import Any

from pyconv.arguments import checked_flag
from pyconv.schedules.schedule import LearningRateSchedule


class ExponentialDecay(LearningRateSchedule):
    """rate(t) = initial * decay_rate ^ (t / decay_steps).

    Args:
        staircase: t / decay_steps in whole numbers.
    Source: Keras ExponentialDecay.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate = self.rate("initial_learning_rate", initial_learning_rate)
        self.decay_steps = self.number("decay_steps", decay_steps, above=0)
        self.decay_rate = self.rate("decay_rate", decay_rate)
        self.staircase = checked_flag(type(self).__name__, "staircase", staircase)
        self.name = name

    def passed(self, step: int) -> float:
        """Return how many times decay_steps have passed."""
        share = step / self.decay_steps
        return math.floor(share) if self.staircase else share

    def __call__(self, step: int) -> float:
        return float(self.initial_learning_rate * self.decay_rate ** self.passed(step))

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "decay_rate": self.decay_rate,
            "staircase": self.staircase,
            "name": self.name,
        }


class InverseTimeDecay(ExponentialDecay):
    """rate(t) = initial / (1 + decay_rate * t / decay_steps).

    Source: Keras InverseTimeDecay.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, decay_rate, staircase, name)

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate / (1 + self.decay_rate * self.passed(step))


class PolynomialDecay(LearningRateSchedule):
    """rate(t) = (initial - end) * (1 - t / decay_steps) ^ power + end; end after decay_steps.

    Args:
        cycle: begin anew with decay_steps twice, three times, ... as long.
    Source: Keras PolynomialDecay.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate = self.rate("initial_learning_rate", initial_learning_rate)
        self.decay_steps = self.number("decay_steps", decay_steps, above=0)
        self.end_learning_rate = self.rate("end_learning_rate", end_learning_rate)
        self.power = self.rate("power", power)
        self.cycle, self.name = checked_flag("PolynomialDecay", "cycle", cycle), name

    def __call__(self, step: int) -> float:
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / self.decay_steps))
        left = 1 - min(step, steps) / steps
        fall = self.initial_learning_rate - self.end_learning_rate
        return float(fall * left**self.power + self.end_learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {
            "initial_learning_rate": self.initial_learning_rate,
            "decay_steps": self.decay_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "name": self.name,
        }

# SPDX-License-Identifier: BSD-3-Clause
"""What all schedules share: a rate for each step, and checked numbers."""

from __future__ import annotations

import math
from typing import Any

from pyconv.arguments import finite_number


class LearningRateSchedule:
    """The learning rate of each step; a subclass defines `__call__(step)`, steps from 0.

    Source: Keras LearningRateSchedule.
    """

    def __call__(self, step: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(step)")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        raise NotImplementedError(f"{type(self).__name__} must define get_config")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        return cls(**config)

    def number(self, argument: str, value: Any, *, above: float = -math.inf) -> float:
        """Return a finite argument, greater than `above`."""
        return finite_number(type(self).__name__, argument, value, above=above)

    def rate(self, argument: str, value: Any) -> float:
        """Return a finite argument >= 0."""
        number = self.number(argument, value)
        if number < 0:
            raise ValueError(f"{type(self).__name__}: {argument}={value}; must be >= 0")
        return number

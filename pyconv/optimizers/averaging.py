# SPDX-License-Identifier: BSD-3-Clause
"""Moving averages of variables, and gradients gathered over several calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyconv.arguments import checked_flag, finite_number, whole_number
from pyconv.autograd import Variable
from pyconv.backend import Array

AVERAGE, GATHERED = "average", "gradient_accumulator"  # slots of variables, by Keras's names


class Averaging:
    """Keeps a moving average of each variable: average += (1 - momentum)(w - average).

    Args:
        use_ema: whether it does. ema_momentum: in [0, 1].
        ema_overwrite_frequency: after so many steps the variables become their averages; None is
            at the end of fit alone.
    Source: Keras BaseOptimizer; Polyak and Juditsky, 1992.
    """

    def __init__(
        self,
        kind: str,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
    ) -> None:
        self.used = checked_flag(kind, "use_ema", use_ema)
        self.momentum = finite_number(kind, "ema_momentum", ema_momentum, least=0)
        if self.momentum > 1:
            raise ValueError(f"{kind}: ema_momentum={ema_momentum}; must be in [0, 1]")
        frequency = ema_overwrite_frequency
        self.frequency = (
            None
            if frequency is None
            else whole_number(kind, "ema_overwrite_frequency", frequency, 1)
        )

    def update(
        self, variables: Sequence[Variable], averages: Sequence[Array], iterations: int
    ) -> None:
        """Move the averages after a step; the first is the variable itself."""
        momentum = self.momentum if iterations else 0.0
        for variable, average in zip(variables, averages, strict=True):
            kept = average.dtype.type(momentum)
            average[...] = kept * average + (average.dtype.type(1) - kept) * variable.array
        if self.frequency is not None and (iterations + 1) % self.frequency == 0:
            overwrite(variables, averages)

    def get_config(self) -> dict[str, Any]:
        return {
            "use_ema": self.used,
            "ema_momentum": self.momentum,
            "ema_overwrite_frequency": self.frequency,
        }


def overwrite(variables: Sequence[Variable], averages: Sequence[Array]) -> None:
    """Let variables be their averages."""
    for variable, average in zip(variables, averages, strict=True):
        variable.assign(average)


class Accumulation:
    """Makes one step of several calls, by the mean of their gradients.

    Args:
        steps: calls per step, >= 2; None is one.
    Source: Keras BaseOptimizer.
    """

    def __init__(self, kind: str, steps: int | None = None) -> None:
        name = "gradient_accumulation_steps"
        self.steps = 1 if steps is None else whole_number(kind, name, steps, 2)

    @property
    def used(self) -> bool:
        return self.steps > 1

    def gather(
        self, gradients: list[Array], gathered: Sequence[Array], calls: int
    ) -> list[Array] | None:
        """Return the mean gradients at the last call of a step; before it add them and return None.

        Args:
            calls: how many have been made.
        """
        sums = [gradient + before for gradient, before in zip(gradients, gathered, strict=True)]
        done = (calls + 1) % self.steps == 0
        for before, total in zip(gathered, sums, strict=True):
            before[...] = 0 if done else total
        if not done:
            return None
        return [total / total.dtype.type(self.steps) for total in sums]

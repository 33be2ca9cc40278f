# SPDX-License-Identifier: BSD-3-Clause
"""SGD: w -= rate g; with momentum v = momentum v - rate g, w += v."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import ops
from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer, checked_share
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import OptimizerOptions


class SGD(Optimizer):
    """Gradient descent, plain, with momentum or Nesterov's, all variables in one native call.

    Args:
        momentum: in [0, 1).
        nesterov: move by momentum v - rate g instead of v.
    Source: Keras SGD.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = checked_share("SGD", "momentum", momentum)
        self.nesterov = checked_flag("SGD", "nesterov", nesterov)
        self.slots = ("momentum",) if self.momentum else ()

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        ops.sgd_step(
            parameters,
            gradients,
            *states,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            nesterov=self.nesterov,
            weight_decay=self.weight_decay or 0.0,
        )

    def get_config(self) -> dict[str, Any]:
        own = {"momentum": self.momentum, "nesterov": self.nesterov}
        return {**super().get_config(), **own}

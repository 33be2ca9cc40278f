# SPDX-License-Identifier: BSD-3-Clause
"""Adadelta: d = g sqrt(u + epsilon) / sqrt(h + epsilon), w -= rate d."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import ops
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer, checked_option, checked_share
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import OptimizerOptions


class Adadelta(Optimizer):
    """Gradient descent by the mean squares of gradients and of moves, in one native call.

    Args:
        rho: decay of both mean squares, in [0, 1).
        epsilon: added to both, >= 0.
    Source: Keras Adadelta; Zeiler, 2012.
    """

    slots = ("accumulated_grad", "accumulated_delta_var")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = checked_share("Adadelta", "rho", rho)
        self.epsilon = checked_option("Adadelta", "epsilon", epsilon) or 0.0

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        ops.adadelta_step(
            parameters,
            gradients,
            *states,
            learning_rate=self.learning_rate,
            rho=self.rho,
            epsilon=self.epsilon,
            weight_decay=self.weight_decay or 0.0,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rho": self.rho, "epsilon": self.epsilon}

# SPDX-License-Identifier: BSD-3-Clause
"""Adamax: u = max(beta_2 u, |g|), w -= rate m / ((1 - beta_1^t)(u + epsilon))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import ops
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer, checked_option, checked_share
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import OptimizerOptions


class Adamax(Optimizer):
    """Adam by the largest gradient so far, which fades, all variables in one native call.

    Args:
        beta_1, beta_2: decay of the mean and of the largest gradient, in [0, 1).
        epsilon: added to the largest, >= 0.
    Source: Keras Adamax; Kingma and Ba, 2015, section 7.1.
    """

    slots = ("m", "norm")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = checked_share("Adamax", "beta_1", beta_1)
        self.beta_2 = checked_share("Adamax", "beta_2", beta_2)
        self.epsilon = checked_option("Adamax", "epsilon", epsilon) or 0.0

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        ops.adamax_step(
            parameters,
            gradients,
            *states,
            learning_rate=self.learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            step=self.iterations + 1,
            weight_decay=self.weight_decay or 0.0,
        )

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}

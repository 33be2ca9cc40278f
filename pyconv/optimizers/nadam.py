# SPDX-License-Identifier: BSD-3-Clause
"""Nadam: Adam with Nesterov's momentum, which rises: u_t = beta_1 (1 - 0.96^t / 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import ops
from pyconv.backend import Array
from pyconv.ops.nadam_step import nadam_momentum
from pyconv.optimizers.optimizer import Optimizer, checked_option, checked_share
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import OptimizerOptions


class Nadam(Optimizer):
    """Adam whose momentum looks one step ahead, all variables in one native call.

    Args:
        beta_1, beta_2: decay of the mean and of the mean square of the gradients, in [0, 1).
        epsilon: added to the root, >= 0.
    Source: Keras Nadam; Dozat, 2016.
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta_1 = checked_share("Nadam", "beta_1", beta_1)
        self.beta_2 = checked_share("Nadam", "beta_2", beta_2)
        self.epsilon = checked_option("Nadam", "epsilon", epsilon) or 0.0
        self._product = (0, 1.0)  # of the momentums of so many steps

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        ops.nadam_step(
            parameters,
            gradients,
            *states,
            learning_rate=self.learning_rate,
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            step=self.iterations + 1,
            product=self.momentum_product(),
            weight_decay=self.weight_decay or 0.0,
        )

    def momentum_product(self) -> float:
        """Return the product of the momentums of the steps made so far."""
        steps, product = self._product
        if steps > self.iterations:
            steps, product = 0, 1.0
        while steps < self.iterations and product:  # below the smallest number it stays 0
            steps += 1
            product *= nadam_momentum(self.beta_1, steps)
        self._product = self.iterations, product
        return product

    def get_config(self) -> dict[str, Any]:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}

# SPDX-License-Identifier: BSD-3-Clause
"""Adagrad: h += g^2, w -= rate g / sqrt(h + epsilon)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv import ops
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer, checked_option
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import OptimizerOptions


class Adagrad(Optimizer):
    """Gradient descent by the root of all squares so far, all variables in one native call.

    Args:
        initial_accumulator_value: what the sums of squares start from, >= 0.
        epsilon: added to the sum, >= 0.
    Source: Keras Adagrad; Duchi, Hazan and Singer, 2011.
    """

    slots = ("accumulator",)

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        first = checked_option("Adagrad", "initial_accumulator_value", initial_accumulator_value)
        self.initial_accumulator_value = first or 0.0
        self.epsilon = checked_option("Adagrad", "epsilon", epsilon) or 0.0

    def first_slot(self, array: Array) -> Array:
        return np.full_like(array, self.initial_accumulator_value)

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        ops.adagrad_step(
            parameters,
            gradients,
            *states,
            learning_rate=self.learning_rate,
            epsilon=self.epsilon,
            weight_decay=self.weight_decay or 0.0,
        )

    def get_config(self) -> dict[str, Any]:
        own = {
            "initial_accumulator_value": self.initial_accumulator_value,
            "epsilon": self.epsilon,
        }
        return {**super().get_config(), **own}

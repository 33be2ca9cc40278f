# SPDX-License-Identifier: BSD-3-Clause
"""RMSprop: v = rho v + (1 - rho) g^2, w -= rate g / sqrt(v + epsilon)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import ops
from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer, checked_option, checked_share
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import OptimizerOptions


class RMSprop(Optimizer):
    """Gradient descent by root mean squares, all variables in one native call.

    Args:
        rho: decay of the mean square, in [0, 1). momentum: of the moves, in [0, 1).
        epsilon: added to the mean square, >= 0.
        centered: divide by the deviation instead: less the square of the mean.
    Source: Keras RMSprop; Hinton, lecture 6e, 2012.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = checked_share("RMSprop", "rho", rho)
        self.momentum = checked_share("RMSprop", "momentum", momentum)
        self.epsilon = checked_option("RMSprop", "epsilon", epsilon) or 0.0
        self.centered = checked_flag("RMSprop", "centered", centered)
        used = {"velocity": True, "average_gradient": self.centered, "momentum": self.momentum > 0}
        self.slots = tuple(slot for slot, there in used.items() if there)

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        slots = dict(zip(self.slots, states, strict=True))
        ops.rmsprop_step(
            parameters,
            gradients,
            slots["velocity"],
            slots.get("average_gradient"),
            slots.get("momentum"),
            learning_rate=self.learning_rate,
            rho=self.rho,
            momentum=self.momentum,
            epsilon=self.epsilon,
            centered=self.centered,
            weight_decay=self.weight_decay or 0.0,
        )

    def get_config(self) -> dict[str, Any]:
        own = {
            "rho": self.rho,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "centered": self.centered,
        }
        return {**super().get_config(), **own}

# SPDX-License-Identifier: BSD-3-Clause
"""Adam: w -= alpha m / (sqrt(v) + epsilon), alpha = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv import ops
from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer, checked_option, checked_share
from pyconv.schedules import LearningRateSchedule

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.optimizers.optimizer import BaseOptions, OptimizerOptions


class Adam(Optimizer):
    """Adam with Keras's numerics, all variables in one native call.

    Args:
        beta_1, beta_2: decay of the mean and of the mean square of the gradients, in [0, 1).
        epsilon: added to the root, >= 0.
        amsgrad: the root is of the largest mean square so far.
    Source: Keras Adam; Kingma and Ba, 2015.
    """

    slots: tuple[str, ...] = ("m", "v")

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[OptimizerOptions],
    ) -> None:
        super().__init__(learning_rate, **options)
        kind = type(self).__name__
        self.beta_1 = checked_share(kind, "beta_1", beta_1)
        self.beta_2 = checked_share(kind, "beta_2", beta_2)
        self.epsilon = checked_option(kind, "epsilon", epsilon) or 0.0
        self.amsgrad = checked_flag(type(self).__name__, "amsgrad", amsgrad)
        if self.amsgrad:
            self.slots = (*self.slots, "v_hat")

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        step = self.iterations + 1
        ops.adam_step(
            parameters,
            gradients,
            *states,
            learning_rate=self.learning_rate * self._rounding(step, parameters[0].dtype),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            step=step,
            weight_decay=self.weight_decay or 0.0,
        )

    def _rounding(self, step: int, dtype: np.dtype[Any]) -> float:
        """Return Keras's bias correction, formed in the variables' dtype, over the exact one.

        In float32 they differ by 6e-6, which adds up to a visible difference over some steps.
        """
        if dtype == np.float64:
            return 1.0
        one, t = dtype.type(1), dtype.type(step)
        rounded = np.sqrt(one - dtype.type(self.beta_2) ** t) / (one - dtype.type(self.beta_1) ** t)
        return float(rounded) / (math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step))

    def get_config(self) -> dict[str, Any]:
        own = {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "amsgrad": self.amsgrad,
        }
        return {**super().get_config(), **own}


class AdamW(Adam):
    """Adam whose variables also lose weight_decay times the learning rate of themselves.

    Source: Keras AdamW; Loshchilov and Hutter, 2019.
    """

    def __init__(
        self,
        learning_rate: float | LearningRateSchedule = 0.001,
        weight_decay: float = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **options: Unpack[BaseOptions],
    ) -> None:
        if weight_decay is None:
            raise ValueError("AdamW: weight_decay=None; must be a number")
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **options
        )

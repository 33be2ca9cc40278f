# SPDX-License-Identifier: BSD-3-Clause
"""Adam: w -= alpha m / (sqrt(v) + epsilon), alpha = rate sqrt(1 - beta_2^t) / (1 - beta_1^t)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pyconv import ops
from pyconv.backend import Array
from pyconv.optimizers.optimizer import Optimizer


class Adam(Optimizer):
    """Adam with Keras's numerics, all variables in one native call.

    Args:
        beta_1, beta_2: decay of the mean and of the mean square of the gradients, in [0, 1).
        epsilon: added to the root, >= 0.
    Source: Keras Adam; Kingma and Ba, 2015.
    """

    slots = ("m", "v")

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        *,
        name: str = "adam",
    ) -> None:
        super().__init__(learning_rate, name)
        for argument, value in (("beta_1", beta_1), ("beta_2", beta_2)):
            if not 0 <= value < 1:
                raise ValueError(f"Adam: {argument}={value}; must be in [0, 1)")
        if not 0 <= epsilon < float("inf"):
            raise ValueError(f"Adam: epsilon={epsilon}; must be finite and >= 0")
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        m, v = states
        step = self.iterations + 1
        ops.adam_step(
            parameters,
            gradients,
            m,
            v,
            learning_rate=self.learning_rate * self._rounding(step, parameters[0].dtype),
            beta_1=self.beta_1,
            beta_2=self.beta_2,
            epsilon=self.epsilon,
            step=step,
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
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
        return {**super().get_config(), **own}

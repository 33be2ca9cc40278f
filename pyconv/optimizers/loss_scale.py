# SPDX-License-Identifier: BSD-3-Clause
"""Dynamic loss scaling: gradients of a larger loss, so that float16 does not lose small ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv import optimizers
from pyconv.arguments import finite_number, whole_number
from pyconv.autograd import Tensor, Variable, array_of
from pyconv.backend import Array, is_floating, widened
from pyconv.optimizers.optimizer import Optimizer

if TYPE_CHECKING:
    from pyconv.schedules import LearningRateSchedule


class LossScaleOptimizer(Optimizer):
    """Makes the steps of another optimizer from gradients of the loss times a scale.

    A step whose gradients are not all finite is left out and halves the scale; so many good steps
    in a row double it.

    Args:
        inner_optimizer: the optimizer, or its name or configuration.
        initial_scale: > 0. dynamic_growth_steps: good steps in a row, >= 1.
    Source: Keras LossScaleOptimizer; Micikevicius et al., Mixed Precision Training, 2018.
    """

    def __init__(
        self,
        inner_optimizer: Any,
        initial_scale: float = 2.0**15,
        dynamic_growth_steps: int = 2000,
        *,
        name: str | None = None,
    ) -> None:
        kind = type(self).__name__
        self.inner_optimizer: Optimizer = optimizers.get(inner_optimizer)
        if isinstance(self.inner_optimizer, LossScaleOptimizer):
            raise TypeError(f"{kind}: inner_optimizer scales the loss already")
        self.scale = finite_number(kind, "initial_scale", initial_scale, above=0)
        self.growth_steps = whole_number(kind, "dynamic_growth_steps", dynamic_growth_steps, 1)
        self.good_steps = 0  # in a row, since the scale changed
        self.name = name or "loss_scale_optimizer"

    def scale_loss(self, loss: Tensor) -> Tensor:
        return loss * self.scale

    def apply(
        self, gradients: Sequence[Tensor | Array | None], variables: Sequence[Variable]
    ) -> None:
        """Make a step of gradients of the scaled loss, or leave it out."""
        arrays = [None if g is None else widened(array_of(g)) for g in gradients]
        if not _all_finite([a for a in arrays if a is not None]):
            self.scale, self.good_steps = self.scale / 2, 0
            return
        down = 1.0 / self.scale
        plain = [None if a is None else a * a.dtype.type(down) for a in arrays]
        self.inner_optimizer.apply(plain, variables)
        self.good_steps += 1
        if self.good_steps >= self.growth_steps:
            self.scale, self.good_steps = self.scale * 2, 0

    @property
    def calls(self) -> int:
        """How often the inner optimizer has been applied."""
        return self.inner_optimizer.calls

    @calls.setter
    def calls(self, value: int) -> None:
        self.inner_optimizer.calls = value

    @property
    def iterations(self) -> int:
        return self.inner_optimizer.iterations

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.inner_optimizer.slots

    @property
    def all_slots(self) -> tuple[str, ...]:
        return self.inner_optimizer.all_slots

    @property
    def learning_rate(self) -> float:
        """The rate of the inner optimizer's next step."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float | LearningRateSchedule | dict[str, Any]) -> None:
        self.inner_optimizer.learning_rate = value

    lr = learning_rate

    def build(self, variables: Iterable[Variable]) -> None:
        self.inner_optimizer.build(variables)

    def follow(self) -> None:
        self.inner_optimizer.follow()

    def state_of(self, variable: Variable) -> dict[str, Array]:
        return self.inner_optimizer.state_of(variable)

    def set_state_of(self, variable: Variable, state: dict[str, Array]) -> None:
        self.inner_optimizer.set_state_of(variable, state)

    def finalize_variable_values(self, variables: Sequence[Variable]) -> None:
        self.inner_optimizer.finalize_variable_values(variables)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of one that goes on with the present scale."""
        return {
            "name": self.name,
            "inner_optimizer": optimizers.serialize(self.inner_optimizer),
            "initial_scale": self.scale,
            "dynamic_growth_steps": self.growth_steps,
        }


def _all_finite(arrays: Sequence[Array]) -> bool:
    """Tell whether all elements are finite; a GPU is waited for once."""
    found: Any = True
    for array in arrays:
        if is_floating(array.dtype):
            found = np.logical_and(found, np.isfinite(array).all())
    return bool(found)

# SPDX-License-Identifier: BSD-3-Clause
"""What all optimizers share: the learning rate, the step count, and slots of state per variable."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from pyconv.autograd import Tensor, Variable, array_of
from pyconv.backend import Array


class Optimizer:
    """Moves variables against their gradients; a subclass names its slots and defines `step`.

    Args:
        learning_rate: finite and >= 0; may be set at any time.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, learning_rate: float, name: str) -> None:
        self.learning_rate = learning_rate
        self.name = name
        self.iterations = 0
        self._state: dict[Variable, dict[str, Array]] = {}
        self._lists: tuple[object, list[list[Array]]] = (None, [])

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        name = type(self).__name__
        if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
            raise TypeError(f"{name}: learning_rate={value!r}; must be a number")
        if not 0 <= float(value) < math.inf:
            raise ValueError(f"{name}: learning_rate={value}; must be finite and >= 0")
        self._learning_rate = float(value)

    def build(self, variables: Iterable[Variable]) -> None:
        """Make the slots of variables not met before."""
        for variable in variables:
            if variable not in self._state:
                self._state[variable] = {s: np.zeros_like(variable.array) for s in self.slots}

    def apply_gradients(self, pairs: Iterable[tuple[Tensor | Array | None, Variable]]) -> None:
        """Make one step; pairs of gradient and variable, as Keras has them."""
        given = list(pairs)
        self.apply([gradient for gradient, _ in given], [variable for _, variable in given])

    def apply(
        self, gradients: Sequence[Tensor | Array | None], variables: Sequence[Variable]
    ) -> None:
        """Make one step; variables without a gradient stay, with a warning."""
        present = [i for i, gradient in enumerate(gradients) if gradient is not None]
        if len(gradients) != len(variables) or not present:
            raise ValueError(
                f"{self.name}: {len(present)} gradients for {len(variables)} variables; "
                "each needs one"
            )
        if len(present) < len(variables):
            missing = [v.name for i, v in enumerate(variables) if i not in set(present)]
            warnings.warn(f"{self.name}: no gradient for {missing}; left as they are", stacklevel=2)
            variables = [variables[i] for i in present]
        arrays = [array_of(gradients[i]) for i in present]
        for gradient, variable in zip(arrays, variables, strict=True):
            if gradient.shape != variable.array.shape:
                raise ValueError(
                    f"{self.name}: gradient of shape {gradient.shape} for {variable.name!r}; "
                    f"must be {variable.shape}"
                )
        parameters, *states = self._arrays(variables)
        self.step(parameters, arrays, states)
        self.iterations += 1
        for variable in variables:
            variable.version += 1

    def step(
        self, parameters: list[Array], gradients: list[Array], states: list[list[Array]]
    ) -> None:
        """Change parameters and states in place; `states` has one list per name in `slots`."""
        raise NotImplementedError(f"{type(self).__name__} must define step")

    def _arrays(self, variables: Sequence[Variable]) -> list[list[Array]]:
        """Return the variables' arrays and those of each slot; made once for the same sequence."""
        if self._lists[0] is not variables:
            self.build(variables)
            states = [[self._state[v][slot] for v in variables] for slot in self.slots]
            self._lists = (variables, [[v.array for v in variables], *states])
        return self._lists[1]

    def state_of(self, variable: Variable) -> dict[str, Array]:
        """Return the slots of a variable by name; empty before its first step."""
        return self._state.get(variable, {})

    def set_state_of(self, variable: Variable, state: dict[str, Array]) -> None:
        """Copy slots that another optimizer had for this variable."""
        self.build([variable])
        for slot, array in self._state[variable].items():
            array[...] = state[slot]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one, without its state."""
        return {"name": self.name, "learning_rate": self.learning_rate}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Optimizer:
        return cls(**config)

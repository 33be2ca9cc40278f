# SPDX-License-Identifier: BSD-3-Clause
"""What weights are brought back to after each step, by Keras's names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv.arguments import finite_number, plain_number
from pyconv.backend import Array
from pyconv.registry import Registry

EPSILON = 1e-7
Axis = int | Sequence[int]


class Constraint:
    """Maps an array to the nearest allowed one; a subclass defines `__call__(w)`.

    Source: Keras Constraint.
    """

    def __call__(self, w: Array) -> Array:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(w)")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Constraint:
        return cls(**config)


class _NormConstraint(Constraint):
    """Works on lengths along an axis: for a kernel (inputs, units) axis 0 gives those of units."""

    axis: int | tuple[int, ...]

    def lengths(self, w: Array) -> Array:
        found: Array = np.sqrt(np.square(w).sum(axis=self.axis, keepdims=True))
        return found

    def scaled(self, w: Array, wanted: Array, lengths: Array) -> Array:
        result: Array = w * (wanted / (EPSILON + lengths))
        return result

    def _take_axis(self, axis: Axis) -> None:
        several = isinstance(axis, (list, tuple))
        whole: list[Any] = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        if any(isinstance(a, bool) or not isinstance(a, (int, np.integer)) for a in whole):
            raise TypeError(f"{type(self).__name__}: axis={axis!r}; must be integers")
        self.axis = tuple(int(a) for a in whole) if several else int(whole[0])


class MaxNorm(_NormConstraint):
    """Lengths are at most max_value."""

    def __init__(self, max_value: float = 2, axis: Axis = 0) -> None:
        self.max_value = finite_number(type(self).__name__, "max_value", max_value, least=0)
        self._take_axis(axis)

    def __call__(self, w: Array) -> Array:
        lengths = self.lengths(w)
        return self.scaled(w, np.clip(lengths, 0, self.max_value), lengths)

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class MinMaxNorm(_NormConstraint):
    """Lengths lie between two values, or are drawn towards them by `rate` of the way."""

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Axis = 0
    ) -> None:
        self.min_value = finite_number(type(self).__name__, "min_value", min_value, least=0)
        self.max_value = finite_number(type(self).__name__, "max_value", max_value, least=0)
        if self.min_value > self.max_value:
            raise ValueError(f"MinMaxNorm: min_value={min_value}; must be <= {max_value}")
        self.rate = plain_number("MinMaxNorm", "rate", rate)
        if not 0 <= self.rate <= 1:
            raise ValueError(f"MinMaxNorm: rate={rate}; must be within 0 and 1")
        self._take_axis(axis)

    def __call__(self, w: Array) -> Array:
        lengths = self.lengths(w)
        inside = np.clip(lengths, self.min_value, self.max_value)
        return self.scaled(w, self.rate * inside + (1 - self.rate) * lengths, lengths)

    def get_config(self) -> dict[str, Any]:
        return {
            "min_value": self.min_value,
            "max_value": self.max_value,
            "rate": self.rate,
            "axis": self.axis,
        }


class UnitNorm(_NormConstraint):
    """Lengths are 1."""

    def __init__(self, axis: Axis = 0) -> None:
        self._take_axis(axis)

    def __call__(self, w: Array) -> Array:
        lengths = self.lengths(w)
        result: Array = w / (EPSILON + lengths)
        return result

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class NonNeg(Constraint):
    """No element is negative."""

    def __call__(self, w: Array) -> Array:
        result: Array = w * (w >= 0)
        return result


registry: Registry[Constraint] = Registry(
    "constraints", Constraint, (MaxNorm, MinMaxNorm, NonNeg, UnitNorm), takes_functions=True
)
serialize = registry.serialize
deserialize = registry.deserialize
max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm


def get(identifier: Any) -> Constraint | None:
    """Return the constraint of a name, a class, a configuration or a function; None is none."""
    return None if identifier is None else registry.get(identifier)


def config_of(constraint: Constraint | None) -> dict[str, Any] | None:
    """Return what `get` reads; None for none."""
    return None if constraint is None else serialize(constraint)

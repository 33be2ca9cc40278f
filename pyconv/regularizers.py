# SPDX-License-Identifier: BSD-3-Clause
"""Penalties on weights or outputs by Keras's names: a sum that training makes smaller."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import finite_number
from pyconv.autograd import Tensor, absolute, as_tensor, square
from pyconv.autograd import sum as total
from pyconv.registry import Registry


class Regularizer:
    """Maps a tensor to a scalar; a subclass defines `__call__(x)`.

    Source: Keras Regularizer.
    """

    def __call__(self, x: Any) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(x)")

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal one."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        return cls(**config)


class L1L2(Regularizer):
    """l1 * sum |x| + l2 * sum x^2."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        kind = type(self).__name__
        self.l1 = finite_number(kind, "l1", 0.0 if l1 is None else l1, least=0)
        self.l2 = finite_number(kind, "l2", 0.0 if l2 is None else l2, least=0)

    def __call__(self, x: Any) -> Tensor:
        tensor = as_tensor(x)
        terms = []
        if self.l1:
            terms.append(total(absolute(tensor)) * self.l1)
        if self.l2:
            terms.append(total(square(tensor)) * self.l2)
        if not terms:
            return Tensor(np.zeros((), tensor.dtype))
        return terms[0] if len(terms) == 1 else terms[0] + terms[1]

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """l1 * sum |x|."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """l2 * sum x^2."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


NAMES = {"L1": "l1", "L1L2": "l1_l2", "L2": "l2"}
registry: Registry[Regularizer] = Registry(
    "regularizers", Regularizer, (L1, L1L2, L2), NAMES.__getitem__, takes_functions=True
)
serialize = registry.serialize
deserialize = registry.deserialize


def l1(l1: float = 0.01) -> L1:
    """Return L1."""
    return L1(l1)


def l2(l2: float = 0.01) -> L2:
    """Return L2."""
    return L2(l2)


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Return L1L2, both 0.01 by default."""
    return L1L2(l1, l2)


def get(identifier: Any) -> Regularizer | None:
    """Return the regularizer of a name, a class, a configuration or a function; None is none."""
    if identifier is None:
        return None
    if identifier == "l1_l2":
        return l1_l2()
    return registry.get(identifier)


def config_of(regularizer: Regularizer | None) -> dict[str, Any] | None:
    """Return what `get` reads; None for none."""
    return None if regularizer is None else serialize(regularizer)

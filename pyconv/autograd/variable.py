# SPDX-License-Identifier: BSD-3-Clause
"""A Variable is a Tensor whose values are assigned in place: the state of layers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pyconv.autograd.tensor import Tensor, array_of
from pyconv.backend import Array, checked_device, copy_into, put, put_beside


class Variable(Tensor):
    """A named array that training changes; `version` counts the changes.

    `assign` is how to change it: what writes into the elements of `array` does not count, and
    predict may go on with what it made of the old ones.

    Args:
        value: first values; float32 and float64 keep their dtype.
        trainable: whether tapes watch it unasked and `trainable_weights` lists it.
        copy: False for an array that nobody else holds: the variable keeps it as it is.
    """

    __slots__ = ("constraint", "name", "regularizer", "trainable", "version")

    def __init__(
        self,
        value: object,
        *,
        name: str = "variable",
        trainable: bool = True,
        copy: bool = True,
    ) -> None:
        array = array_of(value)
        if isinstance(array, np.ndarray):
            array = np.array(array, order="C", copy=copy or None)  # None: only if it must
        elif copy:
            array = array.copy()
        super().__init__(array)
        self.name = name
        self.trainable = trainable
        self.version = 0
        self.regularizer: Callable[[Tensor], Tensor] | None = None  # what its values cost
        self.constraint: Callable[[Array], Array] | None = None  # applied after each step

    def assign(self, value: object) -> Variable:
        """Copy a value of the same shape into the variable; its dtype stays."""
        array = array_of(value)
        if array.shape != self.array.shape:
            raise ValueError(
                f"assign: value.shape={tuple(array.shape)}; must be {self.shape} for {self.name!r}"
            )
        copy_into(self.array, array)
        self.version += 1
        return self

    def constrain(self) -> None:
        """Bring the values back to what the constraint returns of them."""
        if self.constraint is None:
            return
        found = array_of(self.constraint(self.array), f"{self.name}: what its constraint returned")
        if found.shape != self.array.shape:
            raise ValueError(
                f"{self.name}: its constraint returned {found.shape}; must be {self.shape}"
            )
        copy_into(self.array, found)

    def to(self, device: str) -> Variable:
        """Move the values to a device, where they stay."""
        name = checked_device("Variable.to", device)
        if name != self.device:
            self.array = put(self.array, name)
            self.version += 1
        return self

    def assign_add(self, value: object) -> Variable:
        return self.assign(self.array + put_beside(array_of(value), self.array))

    def assign_sub(self, value: object) -> Variable:
        return self.assign(self.array - put_beside(array_of(value), self.array))

    def __repr__(self) -> str:
        return f"<Variable {self.name!r} shape={self.shape} dtype={self.dtype}>"

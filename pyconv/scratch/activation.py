# SPDX-License-Identifier: BSD-3-Clause
"""Relu and Sigmoid, element by element."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from pyconv import ops
from pyconv.backend import Array
from pyconv.scratch.arrays import (
    after_forward,
    elementwise,
    forget,
    like,
    promoted,
    same_shape,
)


class Relu:
    """y = max(x, 0), chapter 5.5.1.

    Attributes:
        mask: where the last x was not positive, whatever becomes of y; it may be replaced.
    """

    later: Any = None  # whose y is the result, made when somebody reads it

    def __init__(self) -> None:
        self._y: Array | None = None

    def forward(self, x: Any) -> Array:
        """Return max(x, 0) of an array of any shape; NaN stays.

        Raises:
            TypeError: no array of numbers.
        """
        (x,) = promoted("Relu.forward", x=x)
        y = self.keep(elementwise(ops.relu, x))
        self.mask = y <= 0
        return y

    def keep(self, y: Array) -> Array:
        """Take y, which nobody changes, for the result of forward and return it."""
        forget(self, "mask")
        self._y, self.later = y, None
        return y

    def keep_later(self, later: Any) -> None:
        """Take later.y for the result of forward."""
        forget(self, "mask")
        self._y, self.later = None, later

    def returned(self, y: Any) -> bool:
        """Tell whether y is the very array that forward returned last."""
        return y is not None and y is self._y

    def _last(self) -> Array | None:
        return self._y if self.later is None else self.later.y

    def backward(self, dout: Any) -> Array:
        """Return dout where x was positive, else 0.

        Raises:
            RuntimeError: no forward before. TypeError, ValueError: kind and shape of dout.
        """
        name = "Relu.backward"
        mask = vars(self).get("mask")
        if mask is not None:  # forward's, or set since
            (dout,) = promoted(name, dout=dout)
            dy = same_shape(name, "dout", dout, mask.shape)
            through: Array = np.where(mask, dy.dtype.type(0), dy)
            return through
        y, dy = _with_gradient(name, self._last(), dout)
        return elementwise(ops.relu_backward, dy, y)

    @cached_property
    def mask(self) -> Array | None:
        """Where the last x was not positive."""
        y = self._last()
        return None if y is None else y <= 0


class Sigmoid:
    """y = 1 / (1 + e^-x), chapter 5.5.2.

    Attributes:
        out: the last y.
    """

    def __init__(self) -> None:
        self.out: Array | None = None

    def forward(self, x: Any) -> Array:
        """Return 1 / (1 + e^-x) of an array of any shape.

        Raises:
            TypeError: no array of numbers.
        """
        (x,) = promoted("Sigmoid.forward", x=x)
        self.out = elementwise(ops.sigmoid, x)
        return self.out

    def backward(self, dout: Any) -> Array:
        """Return dout y (1 - y).

        Raises:
            RuntimeError: no forward before. TypeError, ValueError: kind and shape of dout.
        """
        y, dy = _with_gradient("Sigmoid.backward", self.out, dout)
        return elementwise(ops.sigmoid_backward, dy, y)


def _with_gradient(name: str, kept: Array | None, dout: Any) -> tuple[Array, Array]:
    y: Array = after_forward(name, kept)
    return y, same_shape(name, "dout", like(y, name, "dout", dout), y.shape)

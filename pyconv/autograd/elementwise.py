# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise functions of one operand that NumPy computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array, is_floating, noted


class ElementwiseFunction(Function):
    """y = value(x); dx = slope(dy, kept), where x or y is kept."""

    kept: Array

    def __init__(
        self,
        value: Callable[[Array], Array],
        slope: Callable[[Array, Array], Any],
        *,
        keeps: str = "y",
    ) -> None:
        self.value, self.slope, self.keeps = value, slope, keeps

    def forward(self, x: Array) -> Array:
        y = self.value(x)
        if self.recording:
            self.kept = x if self.keeps == "x" else y
        return y

    def backward(self, dy: Array) -> Array:
        dx: Array = self.slope(dy, self.kept)
        return dx


class CastFunction(Function):
    """A change of dtype; the gradient changes back."""

    takes_16_bits = True

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def forward(self, x: Array) -> Array:
        self.old = x.dtype
        return x.astype(self.dtype)

    def backward(self, dy: Array) -> Array:
        return dy.astype(self.old)


def cast(x: Operand, dtype: Any) -> Tensor:
    """Return x in another dtype; between floating dtypes the gradient passes."""
    tensor, dtype = as_tensor(x), np.dtype(dtype)
    if tensor.dtype == dtype:
        return tensor
    if is_floating(tensor.dtype) and is_floating(dtype):
        result = CastFunction(dtype)(tensor)
        noted(result.array)
        return result
    return Tensor.wrap(tensor.array.astype(dtype))


def floating(x: Operand) -> Tensor:
    """Return x as a floating Tensor; integers become float32."""
    tensor = as_tensor(x)
    return tensor if is_floating(tensor.dtype) else cast(tensor, np.float32)


def exp(x: Operand) -> Tensor:
    """Return e ** x."""
    return ElementwiseFunction(np.exp, lambda dy, y: dy * y)(floating(x))


def log(x: Operand) -> Tensor:
    """Return the natural logarithm of x."""
    return ElementwiseFunction(np.log, lambda dy, x: dy / x, keeps="x")(floating(x))


def sqrt(x: Operand) -> Tensor:
    """Return the square root of x."""
    return ElementwiseFunction(np.sqrt, lambda dy, y: dy / (2 * y))(floating(x))


def square(x: Operand) -> Tensor:
    """Return x * x."""
    return ElementwiseFunction(np.square, lambda dy, x: 2 * x * dy, keeps="x")(as_tensor(x))


def absolute(x: Operand) -> Tensor:
    """Return |x|; the gradient at 0 is 0."""
    return ElementwiseFunction(np.abs, lambda dy, x: dy * np.sign(x), keeps="x")(as_tensor(x))


def clip(x: Operand, low: float, high: float) -> Tensor:
    """Return x held between low and high; the gradient is 0 outside."""
    return ElementwiseFunction(
        lambda x: np.clip(x, low, high), lambda dy, x: dy * ((x >= low) & (x <= high)), keeps="x"
    )(as_tensor(x))

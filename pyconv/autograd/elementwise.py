# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise functions of one operand that NumPy computes: exp, log, sqrt, abs, clip, cast."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, as_tensor
from pyconv.backend import Array


def floating(function: str, x: Operand) -> Tensor:
    """Return x as a floating Tensor; integers become float32."""
    tensor = as_tensor(x)
    return tensor if tensor.dtype.kind == "f" else cast(tensor, np.float32)


class ExpFunction(Function):
    def forward(self, x: Array) -> Array:
        self.y = np.exp(x)
        return self.y

    def backward(self, dy: Array) -> Array:
        return dy * self.y


class LogFunction(Function):
    def forward(self, x: Array) -> Array:
        self.x = x
        return np.log(x)

    def backward(self, dy: Array) -> Array:
        return dy / self.x


class SqrtFunction(Function):
    y: Array

    def forward(self, x: Array) -> Array:
        self.y = np.sqrt(x)
        return self.y

    def backward(self, dy: Array) -> Array:
        dx: Array = dy / (2 * self.y)
        return dx


class AbsoluteFunction(Function):
    def forward(self, x: Array) -> Array:
        self.x = x
        return np.abs(x)

    def backward(self, dy: Array) -> Array:
        return dy * np.sign(self.x)


class ClipFunction(Function):
    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def forward(self, x: Array) -> Array:
        self.x = x
        return np.clip(x, self.low, self.high)

    def backward(self, dy: Array) -> Array:
        return dy * ((self.x >= self.low) & (self.x <= self.high))


class CastFunction(Function):
    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype

    def forward(self, x: Array) -> Array:
        self.old = x.dtype
        return x.astype(self.dtype)

    def backward(self, dy: Array) -> Array:
        return dy.astype(self.old)


def exp(x: Operand) -> Tensor:
    """Return e ** x."""
    return ExpFunction()(floating("exp", x))


def log(x: Operand) -> Tensor:
    """Return the natural logarithm of x."""
    return LogFunction()(floating("log", x))


def sqrt(x: Operand) -> Tensor:
    """Return the square root of x."""
    return SqrtFunction()(floating("sqrt", x))


def absolute(x: Operand) -> Tensor:
    """Return |x|; the gradient at 0 is 0."""
    return AbsoluteFunction()(as_tensor(x))


def clip(x: Operand, low: float, high: float) -> Tensor:
    """Return x held between low and high; the gradient is 0 outside."""
    return ClipFunction(low, high)(as_tensor(x))


def cast(x: Operand, dtype: Any) -> Tensor:
    """Return x in another dtype; between floating dtypes the gradient passes."""
    tensor, dtype = as_tensor(x), np.dtype(dtype)
    if tensor.dtype == dtype:
        return tensor
    if tensor.dtype.kind == dtype.kind == "f":
        return CastFunction(dtype)(tensor)
    return Tensor.wrap(tensor.array.astype(dtype))

# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise arithmetic of two operands, with broadcasting."""

from __future__ import annotations

import numpy as np

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, array_of
from pyconv.backend import Array


def fit_shape(dy: Array, shape: tuple[int, ...]) -> Array:
    """Return the gradient of an operand that was broadcast: dy summed over the repeated axes."""
    if dy.shape == shape:
        return dy
    extra = dy.ndim - len(shape)
    repeated = tuple(i + extra for i, size in enumerate(shape) if size == 1 != dy.shape[i + extra])
    summed: Array = dy.sum(axis=(*range(extra), *repeated), keepdims=True)
    return summed.reshape(shape)


def operands(
    function: str, a: Operand, b: Operand, *, floating: bool = False
) -> tuple[Tensor, Tensor]:
    """Return both operands as Tensors of one dtype.

    Numbers and integer arrays join the floating operand; integers alone become float32 where the
    function is `floating`. float32 with float64: TypeError.
    """
    x, y = array_of(a), array_of(b)
    weak_x, weak_y = isinstance(a, (int, float)), isinstance(b, (int, float))
    floats = {v.dtype for v, weak in ((x, weak_x), (y, weak_y)) if v.dtype.kind == "f" and not weak}
    if len(floats) > 1:
        raise TypeError(f"{function}: operands are {x.dtype} and {y.dtype}; cast one with astype")
    if floats:
        dtype = floats.pop()
    elif floating or "f" in (x.dtype.kind, y.dtype.kind):
        dtype = np.dtype(np.float32)
    else:
        dtype = np.result_type(y if weak_x else x, a if weak_x else b if weak_y else y)
    return _as_dtype(a, x, dtype), _as_dtype(b, y, dtype)


def _as_dtype(value: Operand, array: Array, dtype: np.dtype[np.generic]) -> Tensor:
    if isinstance(value, Tensor) and array.dtype == dtype:
        return value
    return Tensor.wrap(array.astype(dtype, copy=False))


class BinaryFunction(Function):
    """What all share: the operands, kept for the backward."""

    a: Array
    b: Array

    def keep(self, a: Array, b: Array) -> None:
        if self.recording:
            self.a, self.b = a, b

    def pair(self, da: Array, db: Array) -> tuple[Array, Array]:
        return fit_shape(da, self.a.shape), fit_shape(db, self.b.shape)


class AddFunction(BinaryFunction):
    def forward(self, a: Array, b: Array) -> Array:
        self.keep(a, b)
        return a + b

    def backward(self, dy: Array) -> tuple[Array, Array]:
        return self.pair(dy, dy)


class SubtractFunction(BinaryFunction):
    def forward(self, a: Array, b: Array) -> Array:
        self.keep(a, b)
        return a - b

    def backward(self, dy: Array) -> tuple[Array, Array]:
        return self.pair(dy, -dy)


class MultiplyFunction(BinaryFunction):
    def forward(self, a: Array, b: Array) -> Array:
        self.keep(a, b)
        return a * b

    def backward(self, dy: Array) -> tuple[Array, Array]:
        return self.pair(dy * self.b, dy * self.a)


class DivideFunction(BinaryFunction):
    def forward(self, a: Array, b: Array) -> Array:
        self.keep(a, b)
        return a / b

    def backward(self, dy: Array) -> tuple[Array, Array]:
        da = dy / self.b
        return self.pair(da, -da * self.a / self.b)


class PowerFunction(BinaryFunction):
    def forward(self, a: Array, b: Array) -> Array:
        self.keep(a, b)
        self.y = np.power(a, b)
        return self.y

    def backward(self, dy: Array) -> tuple[Array | None, Array | None]:
        da = db = None
        if self.wanted[0]:
            da = fit_shape(dy * self.b * np.power(self.a, self.b - 1), self.a.shape)
        if self.wanted[1]:
            logarithm = np.log(np.where(self.a > 0, self.a, 1))
            db = fit_shape(dy * self.y * logarithm, self.b.shape)
        return da, db


class MaximumFunction(BinaryFunction):
    def forward(self, a: Array, b: Array) -> Array:
        self.keep(a, b)
        return np.maximum(a, b)

    def backward(self, dy: Array) -> tuple[Array, Array]:
        first = self.a >= self.b
        return self.pair(dy * first, dy * ~first)


def add(a: Operand, b: Operand) -> Tensor:
    """Return a + b."""
    return AddFunction()(*operands("add", a, b))


def subtract(a: Operand, b: Operand) -> Tensor:
    """Return a - b."""
    return SubtractFunction()(*operands("subtract", a, b))


def multiply(a: Operand, b: Operand) -> Tensor:
    """Return a * b."""
    return MultiplyFunction()(*operands("multiply", a, b))


def divide(a: Operand, b: Operand) -> Tensor:
    """Return a / b; integers give float32."""
    return DivideFunction()(*operands("divide", a, b, floating=True))


def power(a: Operand, b: Operand) -> Tensor:
    """Return a ** b; the gradient of b is 0 where a <= 0."""
    return PowerFunction()(*operands("power", a, b))


def maximum(a: Operand, b: Operand) -> Tensor:
    """Return the larger of a and b; of equals, a takes the gradient."""
    return MaximumFunction()(*operands("maximum", a, b))


def negative(x: Operand) -> Tensor:
    """Return -x."""
    return multiply(x, -1)

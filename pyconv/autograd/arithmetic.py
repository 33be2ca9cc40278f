# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise arithmetic of two operands, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv import autograd
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, array_of
from pyconv.backend import Array, added, computes_in_16_bits, is_floating, precision

SINGLE = np.dtype(np.float32)
Slope = Callable[[Array, Array, Array], Any]


class BinaryFunction(Function):
    """y = value(a, b); da = slope_a(dy, a, b), db = slope_b(dy, a, b), summed where broadcast."""

    takes_16_bits = True

    a: Array
    b: Array

    def __init__(
        self, value: Callable[[Array, Array], Array], slope_a: Slope, slope_b: Slope
    ) -> None:
        self.value, self.slopes = value, (slope_a, slope_b)

    def forward(self, a: Array, b: Array) -> Array:
        if self.recording:
            self.a, self.b = a, b
        return self.value(a, b)

    def backward(self, dy: Array) -> tuple[Array | None, ...]:
        return tuple(
            fit_shape(slope(dy, self.a, self.b), operand.shape) if wanted else None
            for slope, operand, wanted in zip(
                self.slopes, (self.a, self.b), self.wanted, strict=True
            )
        )


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
    # A float keeps all its digits until it is known what it joins.
    x, y = (np.asarray(v) if isinstance(v, float) else array_of(v) for v in (a, b))
    weak_x, weak_y = isinstance(a, (int, float)), isinstance(b, (int, float))
    floats = {v.dtype for v, weak in ((x, weak_x), (y, weak_y)) if _is_strong(v, weak)}
    if len(floats) > 1 and precision.in_use and SINGLE in floats and _any_in_16_bits(x, y):
        return _cast(a, x), _cast(b, y)
    if len(floats) > 1:
        raise TypeError(f"{function}: operands are {x.dtype} and {y.dtype}; cast one with astype")
    if floats:
        dtype = floats.pop()
    elif floating or "f" in (x.dtype.kind, y.dtype.kind):
        dtype = np.dtype(np.float32)
    else:
        dtype = np.result_type(y if weak_x else x, a if weak_x else b if weak_y else y)
    if type(x) is not type(y):  # one on a GPU; a number of the host may join it
        x, y = _number(x), _number(y)
    return _as_dtype(a, x, dtype), _as_dtype(b, y, dtype)


def _any_in_16_bits(x: Array, y: Array) -> bool:
    return computes_in_16_bits(x) or computes_in_16_bits(y)


def _is_strong(x: Array, weak: bool) -> bool:
    return not weak and is_floating(x.dtype)


def _cast(value: Operand, x: Array) -> Tensor:
    """Return an operand of 16 bits, or of float32, as float32."""
    return autograd.cast(value if isinstance(value, Tensor) else Tensor.wrap(x), SINGLE)


def _number(x: Any) -> Any:
    """Return a host array without axes as NumPy's scalar, anything else as it is."""
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


def _as_dtype(value: Operand, array: Array, dtype: np.dtype[np.generic]) -> Tensor:
    if isinstance(value, Tensor) and array.dtype == dtype:
        return value
    return Tensor.wrap(array.astype(dtype, copy=False))


def add(a: Operand, b: Operand) -> Tensor:
    """Return a + b."""
    function = BinaryFunction(added, lambda dy, a, b: dy, lambda dy, a, b: dy)
    return function(*operands("add", a, b))


def subtract(a: Operand, b: Operand) -> Tensor:
    """Return a - b."""
    function = BinaryFunction(np.subtract, lambda dy, a, b: dy, lambda dy, a, b: -dy)
    return function(*operands("subtract", a, b))


def multiply(a: Operand, b: Operand) -> Tensor:
    """Return a * b."""
    function = BinaryFunction(np.multiply, lambda dy, a, b: dy * b, lambda dy, a, b: dy * a)
    return function(*operands("multiply", a, b))


def divide(a: Operand, b: Operand) -> Tensor:
    """Return a / b; integers give float32."""
    function = BinaryFunction(
        np.true_divide, lambda dy, a, b: dy / b, lambda dy, a, b: -dy * (a / b) / b
    )
    return function(*operands("divide", a, b, floating=True))


def power(a: Operand, b: Operand) -> Tensor:
    """Return a ** b; the gradient of b is 0 where a <= 0."""
    function = BinaryFunction(
        np.power,
        lambda dy, a, b: dy * b * np.power(a, np.where(b == 0, b, b - 1)),  # 0 ** 0, too: 0
        lambda dy, a, b: dy * np.power(a, b) * np.log(np.where(a > 0, a, 1)),
    )
    return function(*operands("power", a, b))


def maximum(a: Operand, b: Operand) -> Tensor:
    """Return the larger of a and b; equals share the gradient."""
    function = BinaryFunction(
        np.maximum,
        lambda dy, a, b: dy * _share(a > b, a == b, dy),
        lambda dy, a, b: dy * _share(b > a, a == b, dy),
    )
    return function(*operands("maximum", a, b))


def minimum(a: Operand, b: Operand) -> Tensor:
    """Return the smaller of a and b; equals share the gradient."""
    function = BinaryFunction(
        np.minimum,
        lambda dy, a, b: dy * _share(a < b, a == b, dy),
        lambda dy, a, b: dy * _share(b < a, a == b, dy),
    )
    return function(*operands("minimum", a, b))


def _share(chosen: Array, equal: Array, dy: Array) -> Array:
    share: Array = chosen.astype(dy.dtype) + dy.dtype.type(0.5) * equal
    return share


def negative(x: Operand) -> Tensor:
    """Return -x."""
    return multiply(x, -1)

# SPDX-License-Identifier: BSD-3-Clause
"""Activations of Keras that no kernel computes: each is a formula and its slope, or made of others.

Their slopes are written so that nothing cancels where x is large. NaN stays NaN.
"""

from __future__ import annotations

import numpy as np

from pyconv.arguments import finite_number
from pyconv.autograd.activation import softplus, tanh
from pyconv.autograd.elementwise import ElementwiseFunction, clip, floating
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array


def softsign(x: Operand) -> Tensor:
    """Return x / (1 + |x|)."""
    return ElementwiseFunction(
        lambda x: x / (1 + np.abs(x)), lambda dy, x: dy / np.square(1 + np.abs(x)), keeps="x"
    )(floating(x))


def mish(x: Operand) -> Tensor:
    """Return x tanh(softplus(x))."""
    tensor = floating(x)
    y: Tensor = tensor * tanh(softplus(tensor))
    return y


def hard_tanh(x: Operand) -> Tensor:
    """Return x held between -1 and 1."""
    return clip(floating(x), -1.0, 1.0)


def tanh_shrink(x: Operand) -> Tensor:
    """Return x - tanh(x)."""
    return ElementwiseFunction(
        lambda x: x - np.tanh(x), lambda dy, x: dy * np.square(np.tanh(x)), keeps="x"
    )(floating(x))


def log_sigmoid(x: Operand) -> Tensor:
    """Return log(sigmoid(x)) = -softplus(-x)."""
    return -softplus(-floating(x))


def celu(x: Operand, alpha: float = 1.0) -> Tensor:
    """Return x where x > 0, alpha (e^(x / alpha) - 1) elsewhere; alpha is not 0."""
    scale = finite_number("celu", "alpha", alpha)
    if scale == 0:
        raise ValueError(f"celu: alpha={alpha}; must not be 0")
    return ElementwiseFunction(
        lambda x: np.maximum(x, 0) + scale * np.expm1(np.minimum(x, 0) / scale),
        lambda dy, x: dy * np.exp(np.minimum(x, 0) / scale),
        keeps="x",
    )(floating(x))


def squareplus(x: Operand, b: float = 4.0) -> Tensor:
    """Return (x + sqrt(x^2 + b)) / 2, a smooth relu; b > 0."""
    root = finite_number("squareplus", "b", b, above=0.0) ** 0.5

    def value(x: Array) -> Array:
        # as written the sum cancels below 0
        y: Array = np.maximum(x, 0) + root * (root / (2 * (np.hypot(x, root) + np.abs(x))))
        return y

    return ElementwiseFunction(value, lambda dy, x: dy * (value(x) / np.hypot(x, root)), keeps="x")(
        floating(x)
    )


def soft_shrink(x: Operand, threshold: float = 0.5) -> Tensor:
    """Return x brought towards 0 by the threshold, which is >= 0; 0 within it."""
    edge = finite_number("soft_shrink", "threshold", threshold, least=0.0)
    return ElementwiseFunction(
        lambda x: x - np.clip(x, -edge, edge), lambda dy, x: dy * (np.abs(x) > edge), keeps="x"
    )(floating(x))


def hard_shrink(x: Operand, threshold: float = 0.5) -> Tensor:
    """Return x where |x| is above the threshold, which is >= 0; 0 elsewhere."""
    edge = finite_number("hard_shrink", "threshold", threshold, least=0.0)
    return ElementwiseFunction(
        lambda x: np.where(np.abs(x) <= edge, x.dtype.type(0), x),
        lambda dy, x: dy * (np.abs(x) > edge),
        keeps="x",
    )(floating(x))


def threshold(x: Operand, threshold: float, default_value: float) -> Tensor:
    """Return x where x is above the threshold, the default elsewhere."""
    edge = finite_number("threshold", "threshold", threshold)
    other = finite_number("threshold", "default_value", default_value)
    return ElementwiseFunction(
        lambda x: np.where(x <= edge, x.dtype.type(other), x),
        lambda dy, x: dy * (x > edge),
        keeps="x",
    )(floating(x))


def sparse_plus(x: Operand) -> Tensor:
    """Return 0 up to -1, (x + 1)^2 / 4 from there to 1, x beyond."""
    return ElementwiseFunction(
        lambda x: np.maximum(x, np.square(np.clip(x, -1, 1) + 1) / 4),
        lambda dy, x: dy * (np.clip(x, -1, 1) + 1) / 2,
        keeps="x",
    )(floating(x))


def sparse_sigmoid(x: Operand) -> Tensor:
    """Return (x + 1) / 2 held between 0 and 1."""
    return ElementwiseFunction(
        lambda x: (np.clip(x, -1, 1) + 1) / 2, lambda dy, x: dy * (np.abs(x) < 1) / 2, keeps="x"
    )(floating(x))

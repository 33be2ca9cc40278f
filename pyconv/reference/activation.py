# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise activations and softmax; the gradient is dx = dy f'(x).

f' is written in y = f(x) for relu, relu6, sigmoid and tanh, and in x for the others.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

SELU_SCALE, SELU_ALPHA = 1.0507009873554804934, 1.6732632423543772848
_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def relu(x: Array) -> Array:
    """Return max(x, 0), element by element; NaN stays."""
    return activate(x, "relu")


def relu_backward(dy: Array, y: Array) -> Array:
    """Return dy where y > 0, else 0."""
    return activate_backward(dy, y, "relu")


def relu6(x: Array) -> Array:
    """Return min(max(x, 0), 6), element by element."""
    return activate(x, "relu6")


def relu6_backward(dy: Array, y: Array) -> Array:
    """Return dy where 0 < y < 6, else 0."""
    return activate_backward(dy, y, "relu6")


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e^-x)."""
    return activate(x, "sigmoid")


def sigmoid_backward(dy: Array, y: Array) -> Array:
    """Return dy y (1 - y)."""
    return activate_backward(dy, y, "sigmoid")


def tanh(x: Array) -> Array:
    """Return tanh(x)."""
    return activate(x, "tanh")


def tanh_backward(dy: Array, y: Array) -> Array:
    """Return dy (1 - y^2)."""
    return activate_backward(dy, y, "tanh")


def activate(x: Array, activation: str | None) -> Array:
    """Return f(x) for None, "relu", "relu6", "sigmoid" or "tanh"; computed in float64 or wider."""
    wide = x.astype(np.result_type(x.dtype, np.float64))
    if activation is None:
        y = wide
    elif activation == "relu":
        y = np.maximum(wide, 0.0)
    elif activation == "relu6":
        y = np.minimum(np.maximum(wide, 0.0), 6.0)
    elif activation == "sigmoid":
        y = _sigmoid(wide)
    else:
        y = np.tanh(wide)
    return y.astype(x.dtype)


def _sigmoid(x: Array) -> Array:
    decay = np.exp(-np.abs(x))  # never overflows: 1 / (1 + e^-x) = e^x / (e^x + 1)
    y: Array = np.where(x >= 0.0, 1.0, decay) / (1.0 + decay)
    return y


def activate_backward(dy: Array, y: Array, activation: str | None) -> Array:
    """Return dy f'(x) from y = f(x)."""
    wide = y.astype(np.float64)
    if activation is None:
        return dy
    if activation == "relu":
        return np.where(y > 0, dy, np.zeros_like(dy))
    if activation == "relu6":
        return np.where((y > 0) & (y < 6), dy, np.zeros_like(dy))
    slope = wide * (1.0 - wide) if activation == "sigmoid" else 1.0 - wide * wide
    dx: Array = (dy * slope).astype(dy.dtype)
    return dx


def leaky_relu(
    x: Array,
    negative_slope: float = 0.2,
    *,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    """Return min(x, max_value) above the threshold, negative_slope (x - threshold) below."""
    y: Array = np.where(
        x > threshold, np.minimum(x, _upper(max_value)), negative_slope * (x - threshold)
    )
    return y


def leaky_relu_backward(
    dy: Array,
    x: Array,
    negative_slope: float = 0.2,
    *,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    """Return dy between threshold and max_value, 0 above, negative_slope dy below."""
    dx: Array = np.where(
        x > threshold, np.where(x < _upper(max_value), dy, 0.0), negative_slope * dy
    )
    return dx


def _upper(max_value: float | None) -> float:
    return np.inf if max_value is None else max_value


def elu(x: Array, alpha: float = 1.0) -> Array:
    """Return x where x > 0, alpha (e^x - 1) elsewhere."""
    y: Array = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    return y


def elu_backward(dy: Array, x: Array, alpha: float = 1.0) -> Array:
    """Return dy where x > 0, dy alpha e^x elsewhere."""
    dx: Array = dy * np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))
    return dx


def selu(x: Array) -> Array:
    """Return scale * elu(x, alpha) with the constants of self-normalising networks."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def selu_backward(dy: Array, x: Array) -> Array:
    """Return scale times elu's gradient."""
    return SELU_SCALE * elu_backward(dy, x, SELU_ALPHA)


def gelu(x: Array, *, approximate: bool = False) -> Array:
    """Return x P(x): P the normal distribution, or sigmoid(sqrt(8/pi) (x + 0.044715 x^3))."""
    if approximate:
        return x * _sigmoid(_cubic(x))
    return x * _normal(x)


def gelu_backward(dy: Array, x: Array, *, approximate: bool = False) -> Array:
    """Return dy (P(x) + x P'(x))."""
    if approximate:
        slope = np.sqrt(8 / np.pi) * (1 + 3 * 0.044715 * x * x)
        distribution = _sigmoid(_cubic(x))
        density = distribution * _sigmoid(-_cubic(x)) * slope
    else:
        distribution = _normal(x)
        density = np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)
    dx: Array = dy * (distribution + x * density)
    return dx


def _cubic(x: Array) -> Array:
    y: Array = np.sqrt(8 / np.pi) * (x + 0.044715 * x**3)
    return y


def _normal(x: Array) -> Array:
    y: Array = 0.5 * _erfc(-x / np.sqrt(2.0))
    return y


def swish(x: Array) -> Array:
    """Return x sigmoid(x)."""
    return x * _sigmoid(x)


def swish_backward(dy: Array, x: Array) -> Array:
    """Return dy sigmoid(x) (1 + x sigmoid(-x))."""
    dx: Array = dy * (_sigmoid(x) * (1 + x * _sigmoid(-x)))
    return dx


def hard_sigmoid(x: Array) -> Array:
    """Return relu6(x + 3) / 6."""
    return np.clip(x + 3.0, 0.0, 6.0) / 6.0


def hard_sigmoid_backward(dy: Array, x: Array) -> Array:
    """Return dy / 6 where -3 < x < 3, else 0."""
    dx: Array = np.where(np.abs(x) < 3, dy / 6, 0.0)
    return dx


def hard_swish(x: Array) -> Array:
    """Return x relu6(x + 3) / 6."""
    return x * hard_sigmoid(x)


def hard_swish_backward(dy: Array, x: Array) -> Array:
    """Return dy (hard_sigmoid(x) + x / 6 where -3 < x < 3)."""
    dx: Array = dy * (hard_sigmoid(x) + np.where(np.abs(x) < 3, x / 6, 0.0))
    return dx


def softplus(x: Array) -> Array:
    """Return log(1 + e^x)."""
    y: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return y


def softplus_backward(dy: Array, x: Array) -> Array:
    """Return dy sigmoid(x)."""
    return dy * _sigmoid(x)


def softmax(x: Array, axis: int = -1) -> Array:
    """Return e^x divided by its sum over the axis."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    y: Array = e / e.sum(axis=axis, keepdims=True)
    return y


def softmax_backward(dy: Array, y: Array, axis: int = -1) -> Array:
    """Return y (dy - sum of dy y over the axis)."""
    dx: Array = y * (dy - (dy * y).sum(axis=axis, keepdims=True))
    return dx


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return x - log(sum of e^x over the axis)."""
    shifted = x - x.max(axis=axis, keepdims=True)
    y: Array = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return y


def log_softmax_backward(dy: Array, y: Array, axis: int = -1) -> Array:
    """Return dy - e^y sum of dy over the axis."""
    dx: Array = dy - np.exp(y) * dy.sum(axis=axis, keepdims=True)
    return dx

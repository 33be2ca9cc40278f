# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise activations, alone and as the end of a convolution or dense product."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pyconv.backend import (
    Array,
    as_input,
    contiguous,
    dtype_code,
    empty_on,
    kernels_for,
)

ActivationName: TypeAlias = Literal["relu", "relu6", "sigmoid", "tanh"] | None

# Those that products can end with; their gradients come from the result y.
_CODES = {None: 0, "relu": 1, "relu6": 2, "sigmoid": 3, "tanh": 4}
# The others; their gradients come from x.
_CURVES = {
    "leaky_relu": 5,
    "elu": 6,
    "selu": 7,
    "gelu": 8,
    "gelu_tanh": 9,
    "swish": 10,
    "hard_sigmoid": 11,
    "hard_swish": 12,
    "softplus": 13,
}
Options: TypeAlias = tuple[float, float, float]  # slope, upper, threshold
PLAIN: Options = (0.0, 0.0, 0.0)


def activation_code(function: str, activation: ActivationName) -> int:
    """Return the native code of an activation that products can end with."""
    if activation is not None and not isinstance(activation, str):
        raise TypeError(f"{function}: activation={activation!r}; must be a name or None")
    if activation not in _CODES:
        names = ", ".join(str(name) for name in _CODES)
        raise ValueError(f"{function}: activation={activation!r}; must be one of {names}")
    return _CODES[activation]


def apply_activation(x: Array, code: int, options: Options = PLAIN) -> Array:
    """Return the activation of a contiguous array."""
    y = empty_on(x, x.shape)
    kernels_for(x).activation(dtype_code(x), x, y, x.size, code, *options)
    return y


def through_activation(function: str, dy: Array, y: Array | None, code: int) -> Array:
    """Return the gradient before the activation, from dy and the activation's result y.

    Args:
        dy: the gradient of y, already contiguous. y: required unless the activation is linear.
    """
    if code == 0:
        return dy
    if y is None:
        raise TypeError(f"{function}: y is None; with an activation its result y is required")
    y = as_input(y, function, "y", like=dy)
    if y.shape != dy.shape:
        raise ValueError(f"{function}: y.shape={y.shape}; must be {dy.shape}, the shape of dy")
    y = contiguous(y)
    dx = empty_on(dy, dy.shape)
    kernels_for(dy).activation_backward(dtype_code(dy), dy, y, dx, dy.size, code, *PLAIN)
    return dx


def activate(function: str, x: Array, kind: str, options: Options = PLAIN) -> Array:
    """Return the activation of this kind of any array."""
    code = _CODES[kind] if kind in _CODES else _CURVES[kind]
    return apply_activation(contiguous(as_input(x, function, "x")), code, options)


def _from_y(function: str, dy: Array, y: Array) -> Array:
    """Return the gradient of an activation that its result y is enough for."""
    code = _CODES[function.removesuffix("_backward")]
    return through_activation(function, contiguous(as_input(dy, function, "dy")), y, code)


def gradient_from_x(
    function: str, dy: Array, x: Array, kind: str, options: Options = PLAIN
) -> Array:
    """Return the gradient of an activation that needs x."""
    dy = as_input(dy, function, "dy")
    x = as_input(x, function, "x", like=dy)
    if x.shape != dy.shape:
        raise ValueError(f"{function}: x.shape={x.shape}; must be {dy.shape}, the shape of dy")
    dy, x = contiguous(dy), contiguous(x)
    dx = empty_on(dy, dy.shape)
    kernels_for(dy).activation_backward(dtype_code(dy), dy, x, dx, dy.size, _CURVES[kind], *options)
    return dx


def relu(x: Array) -> Array:
    """Return max(x, 0), element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras relu; the naive form is pyconv.reference.relu.
    """
    return activate("relu", x, "relu")


def relu_backward(dy: Array, y: Array) -> Array:
    """Return dy where y > 0, else 0: the gradient from relu's result y.

    Args:
        dy, y: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_y("relu_backward", dy, y)


def relu6(x: Array) -> Array:
    """Return x held between 0 and 6, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras relu6.
    """
    return activate("relu6", x, "relu6")


def relu6_backward(dy: Array, y: Array) -> Array:
    """Return dy where 0 < y < 6, else 0: the gradient from relu6's result y.

    Args:
        dy, y: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_y("relu6_backward", dy, y)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + e^-x), element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras sigmoid.
    """
    return activate("sigmoid", x, "sigmoid")


def sigmoid_backward(dy: Array, y: Array) -> Array:
    """Return dy y (1 - y): the gradient from sigmoid's result y.

    Args:
        dy, y: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_y("sigmoid_backward", dy, y)


def tanh(x: Array) -> Array:
    """Return the hyperbolic tangent of x, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras tanh.
    """
    return activate("tanh", x, "tanh")


def tanh_backward(dy: Array, y: Array) -> Array:
    """Return dy (1 - y^2): the gradient from tanh's result y.

    Args:
        dy, y: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_y("tanh_backward", dy, y)

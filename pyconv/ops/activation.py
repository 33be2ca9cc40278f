# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise activations, alone and as the end of a convolution or dense product."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for

ActivationName: TypeAlias = Literal["relu", "relu6", "sigmoid", "tanh"] | None

_CODES = {None: 0, "relu": 1, "relu6": 2, "sigmoid": 3, "tanh": 4}


def activation_code(function: str, activation: ActivationName) -> int:
    """Return the native code of an activation that products can end with."""
    if activation is not None and not isinstance(activation, str):
        raise TypeError(f"{function}: activation={activation!r}; must be a name or None")
    if activation not in _CODES:
        names = ", ".join(str(name) for name in _CODES)
        raise ValueError(f"{function}: activation={activation!r}; must be one of {names}")
    return _CODES[activation]


def apply_activation(x: Array, code: int) -> Array:
    """Return the activation of a contiguous array."""
    y = empty_on(x, x.shape)
    kernels_for(x).activation(dtype_code(x), x, y, x.size, code)
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
    kernels_for(dy).activation_backward(dtype_code(dy), dy, y, dx, dy.size, code)
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
    return apply_activation(contiguous(as_input(x, "relu", "x")), _CODES["relu"])


def relu_backward(dy: Array, y: Array) -> Array:
    """Return dy where y > 0, else 0: the gradient of relu from its result y.

    Args:
        dy, y: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    dy = contiguous(as_input(dy, "relu_backward", "dy"))
    return through_activation("relu_backward", dy, y, _CODES["relu"])

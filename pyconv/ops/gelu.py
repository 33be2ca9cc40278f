# SPDX-License-Identifier: BSD-3-Clause
"""gelu, its approximation by tanh, and swish: x s(x) with s from 0 to 1; gradients from x."""

from __future__ import annotations

from pyconv.arguments import checked_flag
from pyconv.backend import Array
from pyconv.ops.activation import activate, gradient_from_x


def _gelu_kind(function: str, approximate: bool) -> str:
    return "gelu_tanh" if checked_flag(function, "approximate", approximate) else "gelu"


def gelu(x: Array, *, approximate: bool = False) -> Array:
    """Return x P(x), P the normal distribution, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
        approximate: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 instead.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras gelu; the naive form is pyconv.reference.gelu.
    """
    return activate("gelu", x, _gelu_kind("gelu", approximate))


def gelu_backward(dy: Array, x: Array, *, approximate: bool = False) -> Array:
    """Return dy (P(x) + x P'(x)), the gradient of gelu.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return gradient_from_x("gelu_backward", dy, x, _gelu_kind("gelu_backward", approximate))


def swish(x: Array) -> Array:
    """Return x sigmoid(x), element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras silu; the naive form is pyconv.reference.swish.
    """
    return activate("swish", x, "swish")


def swish_backward(dy: Array, x: Array) -> Array:
    """Return dy sigmoid(x) (1 + x sigmoid(-x)): the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return gradient_from_x("swish_backward", dy, x, "swish")

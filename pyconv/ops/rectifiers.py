# SPDX-License-Identifier: BSD-3-Clause
"""Activations bent at a point, or soft at their bend; their gradients come from x."""

from __future__ import annotations

import math

from pyconv.arguments import finite_number
from pyconv.backend import Array
from pyconv.ops.activation import Options, activate, gradient_from_x


def _leaky_options(
    function: str, negative_slope: float, max_value: float | None, threshold: float
) -> Options:
    slope = finite_number(function, "negative_slope", negative_slope)
    upper = math.inf if max_value is None else finite_number(function, "max_value", max_value)
    low = finite_number(function, "threshold", threshold)
    for argument, value in (("max_value", upper), ("threshold", low)):
        if value < 0:
            raise ValueError(f"{function}: {argument}={value}; must be >= 0")
    return slope, upper, low


def leaky_relu(
    x: Array,
    negative_slope: float = 0.2,
    *,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    """Return x above the threshold, negative_slope * (x - threshold) below; NaN stays.

    Args:
        x: any shape; float32 or float64.
        negative_slope: finite. max_value: what larger results become, >= 0. threshold: >= 0.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x. ValueError: a number out of its range.
    Source: Keras leaky_relu, and relu with its arguments; the naive form is
    pyconv.reference.leaky_relu.
    """
    options = _leaky_options("leaky_relu", negative_slope, max_value, threshold)
    return activate("leaky_relu", x, "leaky_relu", options)


def leaky_relu_backward(
    dy: Array,
    x: Array,
    negative_slope: float = 0.2,
    *,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Array:
    """Return dy between threshold and max_value, 0 above, negative_slope * dy below.

    Args:
        dy, x: equal shapes and dtypes. The numbers are those of leaky_relu.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ, a number out of its range.
    """
    function = "leaky_relu_backward"
    options = _leaky_options(function, negative_slope, max_value, threshold)
    return gradient_from_x(function, dy, x, "leaky_relu", options)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """Return x where x > 0, alpha (e^x - 1) elsewhere, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64. alpha: finite.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x. ValueError: alpha.
    Source: Keras elu; the naive form is pyconv.reference.elu.
    """
    return activate("elu", x, "elu", (finite_number("elu", "alpha", alpha), 0.0, 0.0))


def elu_backward(dy: Array, x: Array, alpha: float = 1.0) -> Array:
    """Return dy where x > 0, dy alpha e^x elsewhere.

    Args:
        dy, x: equal shapes and dtypes. alpha: finite.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ, alpha.
    """
    options = (finite_number("elu_backward", "alpha", alpha), 0.0, 0.0)
    return gradient_from_x("elu_backward", dy, x, "elu", options)


def selu(x: Array) -> Array:
    """Return elu scaled as self-normalising networks need it, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras selu; the naive form is pyconv.reference.selu.
    """
    return activate("selu", x, "selu")


def selu_backward(dy: Array, x: Array) -> Array:
    """Return scale * dy where x > 0, scale alpha e^x dy elsewhere: the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return gradient_from_x("selu_backward", dy, x, "selu")


def hard_sigmoid(x: Array) -> Array:
    """Return relu6(x + 3) / 6, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras hard_sigmoid; the naive form is pyconv.reference.hard_sigmoid.
    """
    return activate("hard_sigmoid", x, "hard_sigmoid")


def hard_sigmoid_backward(dy: Array, x: Array) -> Array:
    """Return dy / 6 where -3 < x < 3, else 0: the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return gradient_from_x("hard_sigmoid_backward", dy, x, "hard_sigmoid")


def hard_swish(x: Array) -> Array:
    """Return x relu6(x + 3) / 6, element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras hard_silu; the naive form is pyconv.reference.hard_swish.
    """
    return activate("hard_swish", x, "hard_swish")


def hard_swish_backward(dy: Array, x: Array) -> Array:
    """Return dy (hard_sigmoid(x) + x / 6 where -3 < x < 3): the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return gradient_from_x("hard_swish_backward", dy, x, "hard_swish")


def softplus(x: Array) -> Array:
    """Return log(1 + e^x), element by element; NaN stays.

    Args:
        x: any shape; float32 or float64.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x.
    Source: Keras softplus; the naive form is pyconv.reference.softplus.
    """
    return activate("softplus", x, "softplus")


def softplus_backward(dy: Array, x: Array) -> Array:
    """Return dy sigmoid(x): the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return gradient_from_x("softplus_backward", dy, x, "softplus")

# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise activations, alone and as the end of a convolution or dense product."""

from __future__ import annotations

import math
from numbers import Real
from typing import Literal, TypeAlias

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for

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
_Options: TypeAlias = tuple[float, float, float]  # slope, upper, threshold
_PLAIN: _Options = (0.0, 0.0, 0.0)


def activation_code(function: str, activation: ActivationName) -> int:
    """Return the native code of an activation that products can end with."""
    if activation is not None and not isinstance(activation, str):
        raise TypeError(f"{function}: activation={activation!r}; must be a name or None")
    if activation not in _CODES:
        names = ", ".join(str(name) for name in _CODES)
        raise ValueError(f"{function}: activation={activation!r}; must be one of {names}")
    return _CODES[activation]


def apply_activation(x: Array, code: int, options: _Options = _PLAIN) -> Array:
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
    kernels_for(dy).activation_backward(dtype_code(dy), dy, y, dx, dy.size, code, *_PLAIN)
    return dx


def _forward(function: str, x: Array, kind: str, options: _Options = _PLAIN) -> Array:
    code = _CODES[kind] if kind in _CODES else _CURVES[kind]
    return apply_activation(contiguous(as_input(x, function, "x")), code, options)


def _from_y(function: str, dy: Array, y: Array) -> Array:
    """Return the gradient of an activation that its result y is enough for."""
    code = _CODES[function.removesuffix("_backward")]
    return through_activation(function, contiguous(as_input(dy, function, "dy")), y, code)


def _from_x(function: str, dy: Array, x: Array, kind: str, options: _Options = _PLAIN) -> Array:
    dy = as_input(dy, function, "dy")
    x = as_input(x, function, "x", like=dy)
    if x.shape != dy.shape:
        raise ValueError(f"{function}: x.shape={x.shape}; must be {dy.shape}, the shape of dy")
    dy, x = contiguous(dy), contiguous(x)
    dx = empty_on(dy, dy.shape)
    kernels_for(dy).activation_backward(dtype_code(dy), dy, x, dx, dy.size, _CURVES[kind], *options)
    return dx


def checked_number(function: str, argument: str, value: float) -> float:
    """Return a finite number as a float."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{function}: {argument}={value!r}; must be a number")
    if not math.isfinite(value):
        raise ValueError(f"{function}: {argument}={value}; must be finite")
    return float(value)


def _leaky_options(
    function: str, negative_slope: float, max_value: float | None, threshold: float
) -> _Options:
    slope = checked_number(function, "negative_slope", negative_slope)
    upper = math.inf if max_value is None else checked_number(function, "max_value", max_value)
    low = checked_number(function, "threshold", threshold)
    for argument, value in (("max_value", upper), ("threshold", low)):
        if value < 0:
            raise ValueError(f"{function}: {argument}={value}; must be >= 0")
    return slope, upper, low


def _gelu_kind(function: str, approximate: bool) -> str:
    if not isinstance(approximate, bool):
        raise TypeError(f"{function}: approximate={approximate!r}; must be True or False")
    return "gelu_tanh" if approximate else "gelu"


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
    return _forward("relu", x, "relu")


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
    return _forward("relu6", x, "relu6")


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
    return _forward("sigmoid", x, "sigmoid")


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
    return _forward("tanh", x, "tanh")


def tanh_backward(dy: Array, y: Array) -> Array:
    """Return dy (1 - y^2): the gradient from tanh's result y.

    Args:
        dy, y: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_y("tanh_backward", dy, y)


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
    return _forward("leaky_relu", x, "leaky_relu", options)


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
    return _from_x(function, dy, x, "leaky_relu", options)


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
    return _forward("elu", x, "elu", (checked_number("elu", "alpha", alpha), 0.0, 0.0))


def elu_backward(dy: Array, x: Array, alpha: float = 1.0) -> Array:
    """Return dy where x > 0, dy alpha e^x elsewhere.

    Args:
        dy, x: equal shapes and dtypes. alpha: finite.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ, alpha.
    """
    options = (checked_number("elu_backward", "alpha", alpha), 0.0, 0.0)
    return _from_x("elu_backward", dy, x, "elu", options)


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
    return _forward("selu", x, "selu")


def selu_backward(dy: Array, x: Array) -> Array:
    """Return scale * dy where x > 0, scale alpha e^x dy elsewhere: the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_x("selu_backward", dy, x, "selu")


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
    return _forward("gelu", x, _gelu_kind("gelu", approximate))


def gelu_backward(dy: Array, x: Array, *, approximate: bool = False) -> Array:
    """Return dy (P(x) + x P'(x)), the gradient of gelu.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_x("gelu_backward", dy, x, _gelu_kind("gelu_backward", approximate))


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
    return _forward("swish", x, "swish")


def swish_backward(dy: Array, x: Array) -> Array:
    """Return dy sigmoid(x) (1 + x sigmoid(-x)): the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_x("swish_backward", dy, x, "swish")


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
    return _forward("hard_sigmoid", x, "hard_sigmoid")


def hard_sigmoid_backward(dy: Array, x: Array) -> Array:
    """Return dy / 6 where -3 < x < 3, else 0: the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_x("hard_sigmoid_backward", dy, x, "hard_sigmoid")


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
    return _forward("hard_swish", x, "hard_swish")


def hard_swish_backward(dy: Array, x: Array) -> Array:
    """Return dy (hard_sigmoid(x) + x / 6 where -3 < x < 3): the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_x("hard_swish_backward", dy, x, "hard_swish")


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
    return _forward("softplus", x, "softplus")


def softplus_backward(dy: Array, x: Array) -> Array:
    """Return dy sigmoid(x): the gradient from x.

    Args:
        dy, x: equal shapes and dtypes.
    Raises:
        TypeError: dtypes. ValueError: shapes that differ.
    """
    return _from_x("softplus_backward", dy, x, "softplus")

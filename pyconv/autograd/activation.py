# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable activations, element by element: each pairs an op with its backward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import ops
from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array

if TYPE_CHECKING:
    from pyconv.ops.activation import ActivationName

KEEPS_Y = ("relu", "relu6", "sigmoid", "tanh")
# The gradient of these lets an element through or not, as its y says.
MASKS: tuple[ActivationName, ...] = ("relu", "relu6")


class ActivationFunction(Function):
    """Keeps y where the gradient needs no more, x elsewhere.

    Args:
        name: the op. options: its arguments after x.
    """

    takes_16_bits = True

    kept: Array
    passes_on = False  # the next function has done what this one would do to its gradient

    def __init__(self, name: str, **options: Any) -> None:
        self.name, self.options = name, options

    def forward(self, x: Array) -> Array:
        y: Array = getattr(ops, self.name)(x, **self.options)
        if self.recording:
            self.kept = y if self.name in KEEPS_Y else x
        return y

    def hand_over(self) -> ActivationName:
        handed = next((mask for mask in MASKS if mask == self.name), None)
        self.passes_on = handed is not None
        return handed

    def backward(self, dy: Array) -> Array:
        if self.passes_on:
            return dy
        dx: Array = getattr(ops, f"{self.name}_backward")(dy, self.kept, **self.options)
        return dx


def relu(
    x: Operand,
    negative_slope: float = 0.0,
    max_value: float | None = None,
    threshold: float = 0.0,
) -> Tensor:
    """Return x above the threshold, up to max_value; below it negative_slope * (x - threshold)."""
    if negative_slope == 0 and threshold == 0 and max_value in (None, 6):
        return ActivationFunction("relu" if max_value is None else "relu6")(floating(x))
    options = {"max_value": max_value, "threshold": threshold}
    return ActivationFunction("leaky_relu", negative_slope=negative_slope, **options)(floating(x))


def relu6(x: Operand) -> Tensor:
    """Return x held between 0 and 6."""
    return ActivationFunction("relu6")(floating(x))


def leaky_relu(x: Operand, negative_slope: float = 0.2) -> Tensor:
    """Return x where x > 0, negative_slope * x elsewhere."""
    return ActivationFunction("leaky_relu", negative_slope=negative_slope)(floating(x))


def elu(x: Operand, alpha: float = 1.0) -> Tensor:
    """Return x where x > 0, alpha (e^x - 1) elsewhere."""
    return ActivationFunction("elu", alpha=alpha)(floating(x))


def selu(x: Operand) -> Tensor:
    """Return elu scaled as self-normalising networks need it."""
    return ActivationFunction("selu")(floating(x))


def gelu(x: Operand, approximate: bool = False) -> Tensor:
    """Return x P(x), P the normal distribution, or its approximation by tanh."""
    return ActivationFunction("gelu", approximate=approximate)(floating(x))


def sigmoid(x: Operand) -> Tensor:
    """Return 1 / (1 + e^-x), and remember x as its logits."""
    logits = floating(x)
    y = ActivationFunction("sigmoid")(logits)
    y.made_from = ("sigmoid", logits)
    return y


def tanh(x: Operand) -> Tensor:
    """Return the hyperbolic tangent of x."""
    return ActivationFunction("tanh")(floating(x))


def swish(x: Operand) -> Tensor:
    """Return x sigmoid(x)."""
    return ActivationFunction("swish")(floating(x))


def hard_sigmoid(x: Operand) -> Tensor:
    """Return relu6(x + 3) / 6."""
    return ActivationFunction("hard_sigmoid")(floating(x))


def hard_swish(x: Operand) -> Tensor:
    """Return x relu6(x + 3) / 6."""
    return ActivationFunction("hard_swish")(floating(x))


def softplus(x: Operand) -> Tensor:
    """Return log(1 + e^x)."""
    return ActivationFunction("softplus")(floating(x))

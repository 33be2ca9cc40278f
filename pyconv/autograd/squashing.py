# SPDX-License-Identifier: BSD-3-Clause
"""Activations that NumPy computes: relu6, sigmoid, tanh, softmax."""

from __future__ import annotations

import numpy as np

from pyconv.autograd.elementwise import floating
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor
from pyconv.backend import Array


class Relu6Function(Function):
    y: Array

    def forward(self, x: Array) -> Array:
        self.y = np.clip(x, 0, 6)
        return self.y

    def backward(self, dy: Array) -> Array:
        dx: Array = dy * ((self.y > 0) & (self.y < 6))
        return dx


class SigmoidFunction(Function):
    y: Array

    def forward(self, x: Array) -> Array:
        small = np.exp(-np.abs(x))  # never overflows
        self.y = np.where(x >= 0, 1, small) / (1 + small)
        return self.y

    def backward(self, dy: Array) -> Array:
        dx: Array = dy * self.y * (1 - self.y)
        return dx


class TanhFunction(Function):
    y: Array

    def forward(self, x: Array) -> Array:
        self.y = np.tanh(x)
        return self.y

    def backward(self, dy: Array) -> Array:
        dx: Array = dy * (1 - self.y * self.y)
        return dx


class SoftmaxFunction(Function):
    y: Array

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def forward(self, x: Array) -> Array:
        e = np.exp(x - x.max(axis=self.axis, keepdims=True))
        self.y = e / e.sum(axis=self.axis, keepdims=True)
        return self.y

    def backward(self, dy: Array) -> Array:
        weighted: Array = dy * self.y
        dx: Array = weighted - self.y * weighted.sum(axis=self.axis, keepdims=True)
        return dx


def relu6(x: Operand) -> Tensor:
    """Return x held between 0 and 6."""
    return Relu6Function()(floating("relu6", x))


def sigmoid(x: Operand) -> Tensor:
    """Return 1 / (1 + e ** -x), and remember x as its logits."""
    logits = floating("sigmoid", x)
    y = SigmoidFunction()(logits)
    y.made_from = ("sigmoid", logits)
    return y


def tanh(x: Operand) -> Tensor:
    """Return the hyperbolic tangent of x."""
    return TanhFunction()(floating("tanh", x))


def softmax(x: Operand, axis: int = -1) -> Tensor:
    """Return e ** x divided by its sum over an axis; over the last, remember x as its logits."""
    logits = floating("softmax", x)
    y = SoftmaxFunction(axis)(logits)
    if axis in (-1, logits.ndim - 1):
        y.made_from = ("softmax", logits)
    return y

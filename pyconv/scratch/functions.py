# SPDX-License-Identifier: BSD-3-Clause
"""The book's functions of chapters 3 and 4: activations, losses, and gradients of some."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import ops
from pyconv.backend import array_module
from pyconv.scratch.arrays import elementwise, promoted
from pyconv.scratch.labels import class_numbers, rows_of

__all__ = [
    "cross_entropy_error",
    "identity_function",
    "mean_squared_error",
    "np",
    "relu",
    "relu_grad",
    "sigmoid",
    "sigmoid_grad",
    "softmax",
    "softmax_loss",
    "step_function",
    "sum_squared_error",
]


def identity_function(x: Any) -> Any:
    """Return x."""
    return x


def step_function(x: Any) -> Any:
    """Return 1 where x > 0, else 0, as integers."""
    return (array_module(x).asarray(x) > 0).astype(int)[()]


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + e^-x) of a number or array, without overflow.

    Raises:
        TypeError: no numbers.
    """
    (values,) = promoted("sigmoid", x=x)
    return elementwise(ops.sigmoid, values)[()]


def sigmoid_grad(x: Any) -> Any:
    """Return sigmoid(x) (1 - sigmoid(x))."""
    y = sigmoid(x)
    return (1.0 - y) * y


def relu(x: Any) -> Any:
    """Return max(x, 0) of a number or array, in its dtype."""
    return array_module(x).maximum(0, x)


def relu_grad(x: Any) -> Any:
    """Return 1 where x >= 0, else 0, in the dtype of x."""
    values = array_module(x).asarray(x)
    return (values >= 0).astype(values.dtype)[()]


def softmax(x: Any) -> Any:
    """Return e^x / sum of e^x over the last axis: scores (classes,) or (n, classes).

    Raises:
        TypeError: no array of numbers. ValueError: no axis.
    """
    (values,) = promoted("softmax", x=x)
    return ops.softmax(values)


def mean_squared_error(y: Any, t: Any) -> Any:
    """Return half the sum of (y - t)^2.

    Raises:
        TypeError: no numbers. ValueError: two shapes, which NumPy might repeat over each other.
    """
    y, t = promoted("mean_squared_error", y=y, t=t)
    if y.shape != t.shape and y.ndim and t.ndim:
        raise ValueError(f"mean_squared_error: t.shape={t.shape}; must be {y.shape}, as y")
    return 0.5 * array_module(y).sum((y - t) ** 2)


sum_squared_error = mean_squared_error  # its name in another edition


def cross_entropy_error(y: Any, t: Any) -> Any:
    """Return -sum of log(y[label] + 1e-7) / n.

    Args:
        y: probabilities (classes,) or (n, classes).
        t: labels (n,), (n, 1), or one-hot in the shape of y.
    Raises:
        TypeError: kinds. ValueError: shapes, or the first label that is no class.
    """
    name = "cross_entropy_error"
    (rows,) = promoted(name, y=y)
    if rows.ndim == 1:
        rows = rows[None]
    if rows.ndim != 2 or rows.shape[0] == 0:
        raise ValueError(f"{name}: y.shape={rows.shape}; must be (n, classes), n >= 1")
    picked = rows[rows_of(rows), class_numbers(name, t, rows)]
    return -array_module(rows).log(picked + 1e-7).sum() / rows.shape[0]


def softmax_loss(X: Any, t: Any) -> Any:
    """Return the cross-entropy of softmax(X)."""
    return cross_entropy_error(softmax(X), t)

# SPDX-License-Identifier: BSD-3-Clause
"""Element-wise activations; the gradient is dx = dy f'(x), with f' written in y = f(x)."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def relu(x: Array) -> Array:
    """Return max(x, 0), element by element; NaN stays."""
    return activate(x, "relu")


def relu_backward(dy: Array, y: Array) -> Array:
    """Return dy where y > 0, else 0."""
    return activate_backward(dy, y, "relu")


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

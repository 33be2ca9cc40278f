# SPDX-License-Identifier: BSD-3-Clause
"""Gradients by central differences: (f(x + h) - f(x - h)) / 2h, one element after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.backend import Array

__all__ = ["np", "numerical_gradient", "numerical_gradient_2d"]

_STEP = 1e-4


def numerical_gradient(f: Callable[[Array], Any], x: Array) -> Array:
    """Return the gradient of f at x, chapter 4.4.

    Each element of x is changed in place while f runs, and put back: f may as well read the array
    elsewhere, as a network reads its weights.

    Args:
        f: takes x, returns a number. x: a writable array of floats, any shape.
    Returns:
        The shape and dtype of x.
    Raises:
        TypeError: x is no array of floats. ValueError: x is read-only.
    """
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        raise TypeError("numerical_gradient: x must be an array of floats; it is changed in place")
    if not x.flags.writeable:
        raise ValueError("numerical_gradient: x is read-only; it is changed in place")
    gradient = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        kept = x[place]
        try:
            x[place] = kept + _STEP
            above = f(x)
            x[place] = kept - _STEP
            below = f(x)
        finally:
            x[place] = kept
        gradient[place] = (above - below) / (2 * _STEP)
    return gradient


def numerical_gradient_2d(f: Callable[[Array], Any], X: Array) -> Array:
    """Return the gradient of f at every row of X; f takes one row."""
    if X.ndim == 1:
        return numerical_gradient(f, X)
    return np.stack([numerical_gradient(f, row) for row in X]) if len(X) else np.zeros_like(X)

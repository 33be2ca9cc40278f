# SPDX-License-Identifier: BSD-3-Clause
"""Softmax over any axis, and its logarithm: y = e^x / sum e^x, x - log sum e^x."""

from __future__ import annotations

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import whole_number


def softmax(x: Array, axis: int = -1) -> Array:
    """Return probabilities: e^x divided by its sum over the axis.

    Args:
        x: at least one axis; float32 or float64. Finite values of any size give finite results;
            a row with NaN, +inf, or nothing but -inf gives NaN.
        axis: the one that sums to 1.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x. ValueError: axis.
    Source: Keras softmax; the naive form is pyconv.reference.softmax.
    """
    return _forward("softmax", x, axis, logarithm=False)


def softmax_backward(dy: Array, y: Array, axis: int = -1) -> Array:
    """Return y (dy - sum of dy y over the axis): the gradient from softmax's result y.

    Args:
        dy, y: equal shapes and dtypes. axis: softmax's.
    Raises:
        TypeError: dtypes. ValueError: axis, shapes that differ.
    """
    return _backward("softmax_backward", dy, y, axis, logarithm=False)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Return the logarithm of softmax, x - log(sum of e^x over the axis), without its underflow.

    Args:
        x, axis: as softmax's.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x. ValueError: axis.
    Source: Keras log_softmax; the naive form is pyconv.reference.log_softmax.
    """
    return _forward("log_softmax", x, axis, logarithm=True)


def log_softmax_backward(dy: Array, y: Array, axis: int = -1) -> Array:
    """Return dy - e^y (sum of dy over the axis): the gradient from log_softmax's result y.

    Args:
        dy, y: equal shapes and dtypes. axis: log_softmax's.
    Raises:
        TypeError: dtypes. ValueError: axis, shapes that differ.
    """
    return _backward("log_softmax_backward", dy, y, axis, logarithm=True)


def _checked_axis(function: str, argument: str, x: Array, axis: int) -> int:
    if x.ndim == 0:
        raise ValueError(f"{function}: {argument}.ndim=0; must be >= 1")
    place = whole_number(function, "axis", axis, -x.ndim)
    if place >= x.ndim:
        raise ValueError(f"{function}: axis={axis}; must be < {x.ndim}, the axes of {argument}")
    return place


def _rows(x: Array, axis: int) -> Array:
    """Return x with the axis last, contiguous."""
    return contiguous(x.swapaxes(axis, -1))


def _forward(function: str, x: Array, axis: int, *, logarithm: bool) -> Array:
    x = as_input(x, function, "x")
    axis = _checked_axis(function, "x", x, axis)
    rows = _rows(x, axis)
    y = empty_on(rows, rows.shape)
    if rows.size:
        classes = rows.shape[-1]
        count = rows.size // classes
        kernels_for(rows).softmax(dtype_code(rows), rows, y, count, classes, logarithm)
    return _rows(y, axis)


def _backward(function: str, dy: Array, y: Array, axis: int, *, logarithm: bool) -> Array:
    dy = as_input(dy, function, "dy")
    axis = _checked_axis(function, "dy", dy, axis)
    y = as_input(y, function, "y", like=dy)
    if y.shape != dy.shape:
        raise ValueError(f"{function}: y.shape={y.shape}; must be {dy.shape}, the shape of dy")
    dy, y = _rows(dy, axis), _rows(y, axis)
    dx = empty_on(dy, dy.shape)
    if dy.size:
        classes = dy.shape[-1]
        kernels_for(dy).softmax_backward(
            dtype_code(dy), dy, y, dx, dy.size // classes, classes, logarithm
        )
    return _rows(dx, axis)

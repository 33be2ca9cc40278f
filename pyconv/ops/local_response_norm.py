# SPDX-License-Identifier: BSD-3-Clause
"""Local response normalisation: y_i = x_i / (k + alpha sum of x_j^2 over near channels j)^beta."""

from __future__ import annotations

from pyconv.arguments import finite_number
from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.geometry import DataFormat, normalise_data_format, whole_number


def local_response_norm(
    x: Array,
    *,
    size: int = 5,
    k: float = 2.0,
    alpha: float = 1e-4,
    beta: float = 0.75,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return every element divided by a power of its near channels' squares.

    Args:
        x: (n, h, w, c), or (n, c, h, w) for "channels_first"; float32 or float64, any strides.
        size: how many channels are near, from (size - 1) // 2 before to size // 2 after.
        k: above 0. alpha: at least 0, of the sum, not of the mean. beta: the power, at least 0.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: dtype of x. ValueError: rank and options.
    Source: AlexNet, Krizhevsky 2012, 3.3; torch.nn.LocalResponseNorm's alpha is size times ours.
        The naive form is pyconv.reference.local_response_norm.
    """
    name = "local_response_norm"
    x = as_input(x, name, "x", ndim=4)
    options = checked_options(name, size, k, alpha, beta)
    first = normalise_data_format(name, data_format)
    rows = _rows(x, first)
    y = empty_on(rows, rows.shape)
    if rows.size:
        c = rows.shape[-1]
        kernels_for(rows).local_response_norm(
            dtype_code(rows), rows, y, rows.size // c, c, *options
        )
    return _images(y, first)


def local_response_norm_backward(
    dy: Array,
    x: Array,
    *,
    size: int = 5,
    k: float = 2.0,
    alpha: float = 1e-4,
    beta: float = 0.75,
    data_format: DataFormat = "channels_last",
) -> Array:
    """Return the gradient of local_response_norm.

    Args:
        dy: shape and dtype of x. The others: as local_response_norm's.
    Raises:
        TypeError: dtypes. ValueError: rank, shapes and options.
    """
    name = "local_response_norm_backward"
    x = as_input(x, name, "x", ndim=4)
    dy = as_input(dy, name, "dy", like=x)
    if dy.shape != x.shape:
        raise ValueError(f"{name}: dy.shape={dy.shape}; must be {x.shape}, the shape of x")
    options = checked_options(name, size, k, alpha, beta)
    first = normalise_data_format(name, data_format)
    rows, gradients = _rows(x, first), _rows(dy, first)
    dx = empty_on(rows, rows.shape)
    if rows.size:
        c = rows.shape[-1]
        kernels_for(rows).local_response_norm_backward(
            dtype_code(rows), gradients, rows, dx, rows.size // c, c, *options
        )
    return _images(dx, first)


def checked_options(
    function: str, size: int, k: float, alpha: float, beta: float
) -> tuple[int, float, float, float]:
    """Return the four options, of which the base of the power is above 0."""
    size = whole_number(function, "size", size, 1)
    k, alpha, beta = (
        finite_number(function, name, value)
        for name, value in (("k", k), ("alpha", alpha), ("beta", beta))
    )
    if k <= 0:
        raise ValueError(f"{function}: k={k}; must be > 0")
    for name, value in (("alpha", alpha), ("beta", beta)):
        if value < 0:
            raise ValueError(f"{function}: {name}={value}; must be >= 0")
    return size, k, alpha, beta


def _rows(x: Array, channels_first: bool) -> Array:
    """Return (n, h, w, c), contiguous."""
    return contiguous(x.transpose(0, 2, 3, 1) if channels_first else x)


def _images(y: Array, channels_first: bool) -> Array:
    return contiguous(y.transpose(0, 3, 1, 2)) if channels_first else y

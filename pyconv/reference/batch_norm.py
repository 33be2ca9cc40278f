# SPDX-License-Identifier: BSD-3-Clause
"""Batch normalisation: y = (x - mean) / sqrt(variance + epsilon) gamma + beta, by channels."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def batch_norm(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    moving_mean: Array | None,
    moving_variance: Array | None,
    *,
    axis: int = -1,
    epsilon: float = 1e-3,
    training: bool = False,
) -> Any:
    """Return y, or while training (y, mean, biased variance); gamma and beta None are 1 and 0."""
    wide = np.moveaxis(widened(x), axis, -1)  # (..., c)
    pixels = tuple(range(x.ndim - 1))
    mean = wide.mean(pixels) if training else moving_mean
    variance = wide.var(pixels) if training else moving_variance
    y = (wide - mean) / np.sqrt(variance + epsilon)  # type: ignore[operator]
    y = y * (1 if gamma is None else gamma) + (0 if beta is None else beta)
    y = np.moveaxis(y, -1, axis).astype(x.dtype)
    return (y, mean.astype(x.dtype), variance.astype(x.dtype)) if training else y  # type: ignore


def batch_norm_backward(
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    variance: Array,
    *,
    axis: int = -1,
    epsilon: float = 1e-3,
    training: bool = False,
) -> tuple[Array, Array, Array]:
    """Return (dx, dgamma, dbeta); mean and variance depend on x while training.

    With z = (x - mean) / sqrt(variance + epsilon) and means over a channel,
    dx = (g - mean(g) - z mean(g z)) / sqrt(variance + epsilon) for g = dy gamma.
    """
    wide, gradient = (np.moveaxis(widened(a), axis, -1) for a in (x, dy))
    pixels = tuple(range(x.ndim - 1))
    deviation = np.sqrt(widened(variance) + epsilon)
    z = (wide - mean) / deviation
    g = gradient * (1 if gamma is None else gamma)
    dx = g / deviation
    if training:
        dx = (g - g.mean(pixels) - z * (g * z).mean(pixels)) / deviation
    dx = np.moveaxis(dx, -1, axis).astype(x.dtype)
    sums = ((gradient * z).sum(pixels), gradient.sum(pixels))
    return dx, sums[0].astype(x.dtype), sums[1].astype(x.dtype)

# SPDX-License-Identifier: BSD-3-Clause
"""Layer normalisation: y = (x - mean) / sqrt(variance + epsilon) gamma + beta, over some axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def layer_norm(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
) -> Array:
    """Return y; gamma and beta have the sizes of the axes, None is 1 and 0."""
    axes, wide = _axes(x, axis), widened(x)
    mean = wide.mean(axes, keepdims=True)
    y = (wide - mean) / np.sqrt(wide.var(axes, keepdims=True) + epsilon)
    y = y * (1 if gamma is None else _spread(gamma, x, axes))
    result: Array = y + (0 if beta is None else _spread(beta, x, axes))
    return result.astype(x.dtype)


def layer_norm_backward(
    dy: Array,
    x: Array,
    gamma: Array | None,
    *,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
) -> tuple[Array, Array, Array]:
    """Return (dx, dgamma, dbeta).

    With z = (x - mean) / deviation, deviation = sqrt(variance + epsilon), and g = dy gamma,
    dx = (g - mean(g) - z mean(g z)) / deviation.
    """
    axes, wide = _axes(x, axis), widened(x)
    deviation = np.sqrt(wide.var(axes, keepdims=True) + epsilon)
    z = (wide - wide.mean(axes, keepdims=True)) / deviation
    g = widened(dy) * (1 if gamma is None else _spread(gamma, x, axes))
    dx = g - g.mean(axes, keepdims=True) - z * (g * z).mean(axes, keepdims=True)
    others = tuple(i for i in range(x.ndim) if i not in axes)
    sums = ((widened(dy) * z).sum(others), widened(dy).sum(others))
    return (dx / deviation).astype(x.dtype), sums[0].astype(x.dtype), sums[1].astype(x.dtype)


def _axes(x: Array, axis: int | Sequence[int]) -> tuple[int, ...]:
    given = (axis,) if isinstance(axis, int) else axis
    return tuple(one % x.ndim for one in given)


def _spread(scale: Array, x: Array, axes: tuple[int, ...]) -> Array:
    return scale.reshape([x.shape[i] if i in axes else 1 for i in range(x.ndim)])

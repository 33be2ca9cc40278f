# SPDX-License-Identifier: BSD-3-Clause
"""Group normalisation: layer normalisation of every image's groups of channels, then a scale."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.layer_norm import layer_norm, layer_norm_backward
from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def group_norm(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Array:
    """Return y; gamma and beta are (c,), None is 1 and 0."""
    wide = np.moveaxis(widened(x), axis, -1)  # (n, ..., c)
    y = layer_norm(_grouped(wide, groups), None, None, axis=(1, 3), epsilon=epsilon)
    y = y.reshape(wide.shape) * (1 if gamma is None else gamma) + (0 if beta is None else beta)
    return np.moveaxis(y, -1, axis).astype(x.dtype)


def group_norm_backward(
    dy: Array,
    x: Array,
    gamma: Array | None,
    *,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> tuple[Array, Array, Array]:
    """Return (dx, dgamma, dbeta)."""
    wide, gradient = (np.moveaxis(widened(a), axis, -1) for a in (x, dy))
    g = gradient * (1 if gamma is None else gamma)
    dx, _, _ = layer_norm_backward(
        _grouped(g, groups), _grouped(wide, groups), None, axis=(1, 3), epsilon=epsilon
    )
    z = group_norm(wide, None, None, groups=groups, epsilon=epsilon)
    pixels = tuple(range(x.ndim - 1))
    sums = ((gradient * z).sum(pixels), gradient.sum(pixels))
    dx = np.moveaxis(dx.reshape(wide.shape), -1, axis).astype(x.dtype)
    return dx, sums[0].astype(x.dtype), sums[1].astype(x.dtype)


def _grouped(x: Array, groups: int) -> Array:
    """Return (n, ..., c) as (n, pixels, groups, c / groups)."""
    groups = x.shape[-1] if groups == -1 else groups
    return x.reshape(x.shape[0], -1, groups, x.shape[-1] // groups)

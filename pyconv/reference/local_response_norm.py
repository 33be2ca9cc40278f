# SPDX-License-Identifier: BSD-3-Clause
"""Local response normalisation: y_i = x_i / (k + alpha sum of x_j^2 over near channels j)^beta.

Near are i - (size - 1) // 2 to i + size // 2.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.reference.precision import widened

Array: TypeAlias = npt.NDArray[Any]


def local_response_norm(
    x: Array,
    *,
    size: int = 5,
    k: float = 2.0,
    alpha: float = 1e-4,
    beta: float = 0.75,
    data_format: str = "channels_last",
) -> Array:
    """Return y, shape of x."""
    axis = 1 if data_format == "channels_first" else 3
    wide = np.moveaxis(widened(x), axis, -1)
    y: Array = wide * (k + alpha * _near(wide**2, size)) ** -beta
    return np.moveaxis(y, -1, axis).astype(x.dtype)


def local_response_norm_backward(
    dy: Array,
    x: Array,
    *,
    size: int = 5,
    k: float = 2.0,
    alpha: float = 1e-4,
    beta: float = 0.75,
    data_format: str = "channels_last",
) -> Array:
    """Return dx_j = dy_j s_j^-beta - 2 alpha beta x_j sum of dy_i x_i s_i^(-beta-1).

    s is the base of the power; the sum is over the channels i near which j is.
    """
    axis = 1 if data_format == "channels_first" else 3
    wide, gradient = (np.moveaxis(widened(a), axis, -1) for a in (x, dy))
    base = k + alpha * _near(wide**2, size)
    sums = _near((gradient * wide * base ** (-beta - 1))[..., ::-1], size)[..., ::-1]
    dx: Array = gradient * base**-beta - 2 * alpha * beta * wide * sums
    return np.moveaxis(dx, -1, axis).astype(x.dtype)


def _near(terms: Array, size: int) -> Array:
    """Return the sums of terms over the channels near each."""
    sums = np.zeros_like(terms)
    for i in range(terms.shape[-1]):
        sums[..., i] = terms[..., max(0, i - (size - 1) // 2) : i + size // 2 + 1].sum(-1)
    return sums

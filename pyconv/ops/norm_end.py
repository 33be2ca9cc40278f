# SPDX-License-Identifier: BSD-3-Clause
"""Normalisations that end with a residual and an activation, in the passes of their own.

y = activation((x - mean) / sqrt(variance + epsilon) gamma + beta + residual), each step with the
bits that it has alone. On the CPU only.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from pyconv.backend import Array, contiguous, dtype_code, empty_on, kernels_for
from pyconv.ops.activation import ActivationName, activation_code
from pyconv.ops.needs import checked_needs
from pyconv.ops.normalization import NORM_INPUTS, NormState, checked_scale, spare_or_fresh

ENDINGS: tuple[ActivationName, ...] = ("relu", "relu6")


class NormEnd(NamedTuple):
    """What follows a normalisation: an activation of ENDINGS; a residual of x's shape, dtype."""

    activation: ActivationName
    residual: Array | None = None


def ends_natively(x: object) -> bool:
    """Tell whether an array lies where normalisations can end so."""
    return type(x) is np.ndarray and bool(kernels_for(x).has_arena)


def normalize_to_end(
    function: str,
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    state: NormState,
    end: NormEnd,
) -> Array:
    """Return y as `normalize` does, after its end."""
    view = state.view
    gamma = checked_scale(function, "gamma", gamma, view.scale_shape, x)
    beta = checked_scale(function, "beta", beta, view.scale_shape, x)
    rows = view.ordered(x)
    residual = None if end.residual is None else view.ordered(end.residual)
    y = empty_on(rows, rows.shape)
    if rows.size:
        kernels_for(rows).normalize_to_end(
            dtype_code(rows),
            rows,
            gamma,
            beta,
            residual,
            state.mean,
            state.variance,
            y,
            *view[2:],
            state.epsilon,
            state.fixed,
            activation_code(function, end.activation),
        )
    return view.restored(y)


def normalize_to_end_backward(
    function: str,
    dy: Array,
    x: Array,
    scale: tuple[Array | None, Array | None],
    state: NormState,
    activation: ActivationName,
    y: Array | None,
    needs: Collection[str],
    *,
    over_dy: bool = False,
) -> tuple[Array | None, Array | None, Array | None, Array | None]:
    """Return (dx, dgamma, dbeta, dresidual), None where not needed.

    Args:
        dy: the gradient of y. x, state: as they were. scale: gamma and beta.
        y: the result where a residual was added, else None: dresidual is None then, too.
        over_dy: dy may be written over.
    """
    wanted = checked_needs(function, needs, NORM_INPUTS)
    view = state.view
    gamma, beta = (None if one is None else contiguous(one) for one in scale)
    rows, gradients = view.ordered(x), view.ordered(dy)
    result = None if y is None else view.ordered(y)
    fresh = spare_or_fresh(gradients, over_dy) if y is not None or "x" in wanted else None
    dx, dz = (fresh, None) if y is None else (None, fresh)
    if y is not None and "x" in wanted:
        dx = empty_on(rows, rows.shape)
    dgamma = empty_on(rows, view.scale_shape) if "gamma" in wanted else None
    dbeta = empty_on(rows, view.scale_shape) if "beta" in wanted else None
    if rows.size:
        kernels_for(rows).normalize_to_end_backward(
            dtype_code(rows),
            gradients,
            rows,
            gamma,
            beta,
            result,
            state.mean,
            state.variance,
            dx,
            dgamma,
            dbeta,
            dz,
            *view[2:],
            state.epsilon,
            state.fixed,
            activation_code(function, activation),
        )
    else:
        for nothing in (dgamma, dbeta):
            if nothing is not None:
                nothing.fill(0)
    first, last = (None if one is None else view.restored(one) for one in (dx, dz))
    return first, dgamma, dbeta, last

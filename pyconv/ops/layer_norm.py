# SPDX-License-Identifier: BSD-3-Clause
"""Layer normalisation: (x - mean) / sqrt(variance + epsilon) gamma + beta, over some axes."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import pairwise

from pyconv.backend import Array, as_input
from pyconv.ops.normalization import (
    NORM_INPUTS,
    NormState,
    NormView,
    checked_axis,
    given_state,
    normalize,
    normalize_backward,
    own_state,
)


def layer_norm(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
) -> Array:
    """Return x with mean 0 and variance 1 over the axes, times gamma plus beta.

    Args:
        x: at least one axis; float32 or float64, any strides.
        gamma, beta: the sizes of those axes, in their order, dtype of x, or float32
            beside 16 bits; None is 1 and 0.
        axis: one, or several in ascending order; the last ones are the fastest.
        epsilon: added to the variance.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, axis, epsilon.
    Source: Keras LayerNormalization; the naive form is pyconv.reference.layer_norm.
    """
    return layer_norm_with_statistics(x, gamma, beta, axis, epsilon)[0]


def layer_norm_with_statistics(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    axis: int | Sequence[int],
    epsilon: float,
) -> tuple[Array, NormState]:
    """Return layer_norm's result, and what the backward needs."""
    x = as_input(x, "layer_norm", "x")
    state = own_state("layer_norm", _view("layer_norm", x.shape, axis), x, epsilon)
    return normalize("layer_norm", x, gamma, beta, state), state


def layer_norm_backward(
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    variance: Array,
    *,
    axis: int | Sequence[int] = -1,
    epsilon: float = 1e-3,
    needs: Collection[str] = NORM_INPUTS,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of layer_norm.

    Args:
        dy: shape and dtype of x, the gradient of y. x, gamma, axis, epsilon: as layer_norm's.
        mean, variance: of x over the axes, which are left out; dtype of gamma.
        needs: which gradients to compute, of "x", "gamma", "beta".
    Returns:
        (dx, dgamma, dbeta), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, axis, epsilon, names.
    """
    name = "layer_norm_backward"
    x = as_input(x, name, "x")
    view = _view(name, x.shape, axis)
    shape = tuple(x.shape[i] for i in view.order[: x.ndim - len(view.scale_shape)])
    statistics = {"mean": mean, "variance": variance}
    state = given_state(name, view, x, statistics, shape, epsilon, fixed=False)
    return normalize_backward(name, dy, x, gamma, state, needs)


def checked_axes(function: str, ndim: int, axis: int | Sequence[int]) -> tuple[int, ...]:
    """Return axes counted from the front; they ascend."""
    given = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(checked_axis(function, ndim, one) for one in given)
    if not axes or any(a >= b for a, b in pairwise(axes)):
        raise ValueError(f"{function}: axis={axis}; must be axes of x in ascending order")
    return axes


def _view(function: str, shape: tuple[int, ...], axis: int | Sequence[int]) -> NormView:
    """Return x seen as images of one pixel, all of whose channels are one group."""
    if not shape:
        raise ValueError(f"{function}: x.ndim=0; must be >= 1")
    axes = checked_axes(function, len(shape), axis)
    others = tuple(i for i in range(len(shape)) if i not in axes)
    sizes = tuple(shape[i] for i in axes)
    rows = math.prod(shape[i] for i in others)
    return NormView((*others, *axes), sizes, rows, 1, math.prod(sizes), 1)

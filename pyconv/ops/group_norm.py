# SPDX-License-Identifier: BSD-3-Clause
"""Group normalisation: every image's groups of channels have mean 0, variance 1, then a scale."""

from __future__ import annotations

import math
from collections.abc import Collection

from pyconv.backend import Array, as_input
from pyconv.geometry import whole_number
from pyconv.ops.normalization import (
    NORM_INPUTS,
    NormState,
    NormView,
    channels_last,
    checked_axis,
    given_state,
    normalize,
    normalize_backward,
    own_state,
)


def group_norm(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
) -> Array:
    """Return x with mean 0 and variance 1 in every image's groups, times gamma plus beta.

    Args:
        x: (n, ...), any rank from 2 on; float32 or float64, any strides.
        gamma, beta: (c,), dtype of x, or float32 beside 16 bits; None is 1 and 0.
        groups: of c / groups neighbouring channels each; -1 is c, which is instance normalisation.
        axis: the channels', not the first. epsilon: added to the variance.
    Returns:
        y: shape and dtype of x.
    Raises:
        TypeError: kinds and dtypes. ValueError: rank, shapes, axis, groups, epsilon.
    Source: Keras GroupNormalization; the naive form is pyconv.reference.group_norm.
    """
    return group_norm_with_statistics(x, gamma, beta, groups, axis, epsilon)[0]


def group_norm_with_statistics(
    x: Array, gamma: Array | None, beta: Array | None, groups: int, axis: int, epsilon: float
) -> tuple[Array, NormState]:
    """Return group_norm's result, and what the backward needs."""
    x = as_input(x, "group_norm", "x")
    state = own_state("group_norm", _view("group_norm", x.shape, groups, axis), x, epsilon)
    return normalize("group_norm", x, gamma, beta, state), state


def group_norm_backward(
    dy: Array,
    x: Array,
    gamma: Array | None,
    mean: Array,
    variance: Array,
    *,
    groups: int = 32,
    axis: int = -1,
    epsilon: float = 1e-3,
    needs: Collection[str] = NORM_INPUTS,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of group_norm.

    Args:
        dy: shape and dtype of x, the gradient of y. x, gamma, groups, axis, epsilon: as
            group_norm's.
        mean, variance: (n, groups), of x's groups; dtype of gamma.
        needs: which gradients to compute, of "x", "gamma", "beta".
    Returns:
        (dx, dgamma, dbeta), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: rank, shapes, axis, groups, epsilon, names.
    """
    name = "group_norm_backward"
    x = as_input(x, name, "x")
    view = _view(name, x.shape, groups, axis)
    statistics = {"mean": mean, "variance": variance}
    shape = (view.n, view.groups)
    state = given_state(name, view, x, statistics, shape, epsilon, fixed=False)
    return normalize_backward(name, dy, x, gamma, state, needs)


def checked_groups(function: str, groups: object, c: int | None = None) -> int:
    """Return the number of groups, which divides c where that is given; -1 is c."""
    count = whole_number(function, "groups", groups, -1)
    if count == 0:
        raise ValueError(f"{function}: groups=0; must be >= 1, or -1 for one per channel")
    if c is None:
        return count
    if c == 0:
        return 1
    count = c if count == -1 else count
    if c % count:
        raise ValueError(f"{function}: groups={groups}; must divide the {c} channels of x")
    return count


def _view(function: str, shape: tuple[int, ...], groups: int, axis: int) -> NormView:
    if len(shape) < 2:
        raise ValueError(f"{function}: x.ndim={len(shape)}; must be >= 2")
    axis = checked_axis(function, len(shape), axis)
    if axis == 0:
        raise ValueError(f"{function}: axis=0; must not be the batch")
    c = shape[axis]
    groups = checked_groups(function, groups, c)
    pixels = math.prod(shape[1:axis]) * math.prod(shape[axis + 1 :])
    return NormView(channels_last(shape, axis), (c,), shape[0], pixels, c, groups)

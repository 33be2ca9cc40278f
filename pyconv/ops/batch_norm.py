# SPDX-License-Identifier: BSD-3-Clause
"""Batch normalisation: (x - mean) / sqrt(variance + epsilon) gamma + beta, channel by channel."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from pyconv.backend import Array, as_input, remembered
from pyconv.geometry import checked_flag
from pyconv.ops.norm_end import NormEnd, normalize_to_end
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

MOVING = ("moving_mean", "moving_variance")


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
) -> Array | tuple[Array, Array, Array]:
    """Return x normalised channel by channel, by its own statistics while training.

    Args:
        x: any rank from 2 on; float32 or float64, any strides.
        gamma, beta: (c,), dtype of x, or float32 beside 16 bits; None is 1 and 0.
        moving_mean, moving_variance: (c,), used and required unless training; never changed; their
            dtype, and that of returned statistics, is gamma's.
        axis: the channels'; the last is the fastest. epsilon: added to the variance.
    Returns:
        y, shape and dtype of x; while training (y, mean, biased variance), both (c,).
    Raises:
        TypeError: kinds and dtypes. ValueError: rank, shapes, axis, epsilon, training on nothing.
    Source: Keras BatchNormalization; the naive form is pyconv.reference.batch_norm.
    """
    if not checked_flag("batch_norm", "training", training):
        for name, value in zip(MOVING, (moving_mean, moving_variance), strict=True):
            if value is None:
                raise TypeError(f"batch_norm: {name} is None; must be an array unless training")
        return batch_norm_by(x, gamma, beta, moving_mean, moving_variance, axis, epsilon)[0]
    y, state = batch_norm_of_batch(x, gamma, beta, axis, epsilon)
    return y, *state.of_channels(y)


def batch_norm_of_batch(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    axis: int,
    epsilon: float,
    end: NormEnd | None = None,
) -> tuple[Array, NormState]:
    """Return y by the batch's own statistics, after its end, and what the backward needs."""
    x = as_input(x, "batch_norm", "x")
    view = _view("batch_norm", x.shape, axis)
    if view.pixels == 0:
        raise ValueError(f"batch_norm: x.shape={x.shape}; training needs an element per channel")
    state = own_state("batch_norm", view, x, epsilon)
    return _normalized(x, gamma, beta, state, end), state


def batch_norm_by(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    moving_mean: Any,
    moving_variance: Any,
    axis: int,
    epsilon: float,
    end: NormEnd | None = None,
) -> tuple[Array, NormState]:
    """Return y by the moving statistics, after its end, and what the backward needs."""
    x = as_input(x, "batch_norm", "x")
    moving = dict(zip(MOVING, (moving_mean, moving_variance), strict=True))
    view = _view("batch_norm", x.shape, axis)
    state = given_state("batch_norm", view, x, moving, (view.c,), epsilon, fixed=True)
    return _normalized(x, gamma, beta, state, end), state


def _normalized(
    x: Array, gamma: Array | None, beta: Array | None, state: NormState, end: NormEnd | None
) -> Array:
    if end is None:
        return normalize("batch_norm", x, gamma, beta, state)
    return normalize_to_end("batch_norm", x, gamma, beta, state, end)


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
    needs: Collection[str] = NORM_INPUTS,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return the gradients of batch_norm.

    Args:
        dy: shape and dtype of x, the gradient of y. x, gamma, axis, epsilon: as batch_norm's.
        mean, variance: (c,), dtype of gamma: batch_norm's results while training; else the
            moving statistics, which are constants.
        training: whether mean and variance depend on x.
        needs: which gradients to compute, of "x", "gamma", "beta".
    Returns:
        (dx, dgamma, dbeta), None where not needed.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, axis, epsilon, names.
    """
    name = "batch_norm_backward"
    x = as_input(x, name, "x")
    statistics = {"mean": mean, "variance": variance}
    fixed = not checked_flag(name, "training", training)
    view = _view(name, x.shape, axis)
    state = given_state(name, view, x, statistics, (view.c,), epsilon, fixed=fixed)
    return normalize_backward(name, dy, x, gamma, state, needs)


@remembered
def _view(function: str, shape: tuple[int, ...], axis: int) -> NormView:
    """Return x seen as one image whose every channel is a group."""
    if len(shape) < 2:
        raise ValueError(f"{function}: x.ndim={len(shape)}; must be >= 2")
    axis = checked_axis(function, len(shape), axis)
    c = shape[axis]
    pixels = math.prod(shape[:axis]) * math.prod(shape[axis + 1 :])
    return NormView(channels_last(shape, axis), (c,), 1, pixels, c, c)

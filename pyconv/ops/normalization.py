# SPDX-License-Identifier: BSD-3-Clause
"""What batch_norm, layer_norm and group_norm share: how an input is seen, checks, native calls.

y = (x - mean) / sqrt(variance + epsilon) gamma + beta, with a mean and a biased variance for each
group of channels of each image.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import NamedTuple

import numpy as np

from pyconv.arguments import finite_number
from pyconv.backend import (
    Array,
    as_input,
    contiguous,
    dtype_code,
    empty_on,
    gradient_dtype,
    kernels_for,
)
from pyconv.geometry import whole_number
from pyconv.ops.needs import checked_needs

NORM_INPUTS = ("x", "gamma", "beta")


class NormView(NamedTuple):
    """An input as (n, pixels, c) in groups of channels, once its axes stand in this order."""

    order: tuple[int, ...]
    scale_shape: tuple[int, ...]  # of gamma and beta
    n: int
    pixels: int
    c: int
    groups: int

    @property
    def in_order(self) -> bool:
        return self.order == _as_they_are(len(self.order))

    def ordered(self, x: Array) -> Array:
        """Return x with its axes in this order, contiguous."""
        return contiguous(x if self.in_order else x.transpose(self.order))

    def restored(self, x: Array) -> Array:
        """Return the axes to where they were."""
        return x if self.in_order else contiguous(x.transpose(np.argsort(self.order)))


@cache
def _as_they_are(axes: int) -> tuple[int, ...]:
    return tuple(range(axes))


class NormState(NamedTuple):
    """What a forward leaves for its backward; mean and variance are float64, (n, groups)."""

    view: NormView
    epsilon: float
    fixed: bool  # mean and variance were given, and are constants
    mean: Array
    variance: Array

    def of_channels(self, like: Array) -> tuple[Array, Array]:
        """Return mean and variance of one image's groups, as `like`, or float32 beside 16 bits."""
        dtype = gradient_dtype(like)
        mean, variance = self.mean.reshape(-1), self.variance.reshape(-1)
        return mean.astype(dtype), variance.astype(dtype)


def checked_axis(function: str, ndim: int, axis: object) -> int:
    """Return an axis counted from the front."""
    place = whole_number(function, "axis", axis, -ndim)
    if place >= ndim:
        raise ValueError(f"{function}: axis={axis}; must be < {ndim}, the axes of x")
    return place % ndim


def checked_epsilon(function: str, epsilon: float) -> float:
    """Return a finite epsilon >= 0."""
    number = finite_number(function, "epsilon", epsilon)
    if number < 0:
        raise ValueError(f"{function}: epsilon={epsilon}; must be >= 0")
    return number


def channels_last(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """Return the order of axes in which `axis` is the last."""
    return (*(i for i in range(len(shape)) if i != axis), axis)


def checked_scale(
    function: str, argument: str, value: Array | None, shape: tuple[int, ...], x: Array
) -> Array | None:
    """Return gamma or beta of this shape and the dtype of x, or float32 beside 16 bits."""
    if value is None:
        return None
    array = as_input(value, function, argument, like=x, wide=True)
    if array.shape != shape:
        raise ValueError(f"{function}: {argument}.shape={array.shape}; must be {shape}")
    return contiguous(array)


def given_state(
    function: str,
    view: NormView,
    x: Array,
    statistics: dict[str, Array],
    shape: tuple[int, ...],
    epsilon: float,
    *,
    fixed: bool,
) -> NormState:
    """Return the state of mean and variance as a caller names and gives them."""
    wide = []
    for name, value in statistics.items():
        array = as_input(value, function, name, like=x, wide=True)
        if array.shape != shape:
            raise ValueError(f"{function}: {name}.shape={array.shape}; must be {shape}")
        wide.append(contiguous(array, np.float64).reshape(view.n, view.groups))
    return NormState(view, checked_epsilon(function, epsilon), fixed, *wide)


def own_state(function: str, view: NormView, x: Array, epsilon: float) -> NormState:
    """Return a state whose statistics normalize() will take from x."""
    epsilon = checked_epsilon(function, epsilon)
    both = empty_on(x, (2, view.n, view.groups), np.float64)
    return NormState(view, epsilon, False, both[0], both[1])


def normalize(
    function: str, x: Array, gamma: Array | None, beta: Array | None, state: NormState
) -> Array:
    """Return y; writes the statistics of the state unless they are fixed."""
    view = state.view
    gamma = checked_scale(function, "gamma", gamma, view.scale_shape, x)
    beta = checked_scale(function, "beta", beta, view.scale_shape, x)
    rows = view.ordered(x)
    y = empty_on(rows, rows.shape)
    if rows.size:
        kernels_for(rows).normalize(
            dtype_code(rows),
            rows,
            gamma,
            beta,
            state.mean,
            state.variance,
            y,
            *view[2:],
            state.epsilon,
            state.fixed,
        )
    return view.restored(y)


def spare_or_fresh(gradients: Array, spare: bool) -> Array:
    """Return the array itself where it is spare and kernels may write over it, or a fresh one."""
    if spare and kernels_for(gradients).has_arena and gradients.flags.writeable:
        return gradients
    return empty_on(gradients, gradients.shape)


def normalize_backward(
    function: str,
    dy: Array,
    x: Array,
    gamma: Array | None,
    state: NormState,
    needs: Collection[str],
    *,
    over_dy: bool = False,
) -> tuple[Array | None, Array | None, Array | None]:
    """Return (dx, dgamma, dbeta), None where not needed; `over_dy`: dy may be written over."""
    wanted = checked_needs(function, needs, NORM_INPUTS)
    x = as_input(x, function, "x")
    dy = as_input(dy, function, "dy", like=x)
    if dy.shape != x.shape:
        raise ValueError(f"{function}: dy.shape={dy.shape}; must be {x.shape}, the shape of x")
    view = state.view
    gamma = checked_scale(function, "gamma", gamma, view.scale_shape, x)
    rows, gradients = view.ordered(x), view.ordered(dy)
    dx = spare_or_fresh(gradients, over_dy) if "x" in wanted else None
    scale_dtype = gradient_dtype(rows)
    dgamma = empty_on(rows, view.scale_shape, scale_dtype) if "gamma" in wanted else None
    dbeta = empty_on(rows, view.scale_shape, scale_dtype) if "beta" in wanted else None
    if rows.size:
        kernels_for(rows).normalize_backward(
            dtype_code(rows),
            gradients,
            rows,
            gamma,
            state.mean,
            state.variance,
            dx,
            dgamma,
            dbeta,
            *view[2:],
            state.epsilon,
            state.fixed,
        )
    else:
        for nothing in (dgamma, dbeta):
            if nothing is not None:
                nothing.fill(0)
    return None if dx is None else view.restored(dx), dgamma, dbeta

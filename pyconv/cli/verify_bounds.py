# SPDX-License-Identifier: BSD-3-Clause
"""How far a result may be from the exact one, by rule; a test holds the numbers to the tests' own.

eps is the distance from 1 to the next number; sizes are what a result's terms add up to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv import reference
from pyconv.cli.verify_arrays import Array

# Largest errors in eps, relative to the size of a rule.
SUM_EPS = 4.0
AVERAGE_EPS = 10.0
SAMPLE_EPS = 4.0
ELEMENTWISE_EPS = 4.0
SOFTMAX_EPS = 10.0
OPTIMIZER_EPS = 2.0
NORM_EPS = 5.0
NORM_GRADIENT_EPS = 42.0
# The reference of gelu has an error function of float64's precision.
GELU_FLOAT64 = 1e-12

Arrays = tuple[Array, ...]
# Results in wide arithmetic, the arguments, and the same function of absolute values.
Sizes = Callable[[Arrays, Arrays, Callable[[], Arrays]], Arrays]


def _of_absolutes(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    return absolutes()


def _of_results(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    return tuple(np.abs(y) for y in exact)


def _of_largest(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    return tuple(np.abs(y) + np.abs(y).max() for y in exact)


def _at_least_one(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    return tuple(np.maximum(np.abs(y), 1.0) for y in exact)


def _of_gradient(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    """Softmax and cross-entropies: terms of dy's size that may cancel."""
    dy = np.abs(given[0])
    size = np.maximum(dy.sum(-1, keepdims=True) if dy.ndim > 1 else dy[:, None], 1.0)
    return tuple(np.broadcast_to(size, dx.shape) for dx in exact)


def _of_terms(name: str) -> Sizes:
    """x s(x): the terms s(x) + x s'(x) of its slope may cancel."""

    def sizes(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
        (dx,), (dy, x) = exact, given
        term = dy * getattr(reference, name)(x) / x
        return (np.abs(term) + np.abs(dx - term),)

    return sizes


def _of_norm(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    """Normalised pixels: the result, gamma and beta; statistics: themselves and 1."""
    weights = sum(float(np.abs(array).max()) for array in given[1:3])
    return (np.abs(exact[0]) + 2 * weights, *(np.abs(moment) + 1 for moment in exact[1:]))


def _of_norm_gradient(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    """Sums over the values that share statistics: their terms are about one each."""
    count = np.sqrt(given[1].size / given[3].size)
    return tuple(np.abs(d) + np.abs(d).max() + count for d in exact)


def _of_own_norm_gradient(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    """The same, for statistics of one sample: the longest sums are gamma's, over the pixels."""
    count = np.sqrt(given[1].size / given[2].size)
    return tuple(np.abs(d) + np.abs(d).max() + count for d in exact)


def _of_step(exact: Arrays, given: Arrays, absolutes: Callable[[], Arrays]) -> Arrays:
    """Weights: their old value and twice the move; a state: old, new, and the gradient's part."""
    gradient = np.abs(given[1])
    states = [
        np.abs(old) + np.abs(new) + gradient * (gradient + 1)
        for old, new in zip(given[2:], exact[2:], strict=True)
    ]
    move = np.abs(exact[0] - given[0])
    return (np.abs(given[0]) + 2 * move + states_size(gradient, exact), gradient, *states)


def states_size(gradient: Array, exact: Arrays) -> Array:
    """Return what gradient and states may add to a move, at the steps' rate of 0.01."""
    size: Array = 0.01 * (gradient + sum(np.abs(state) for state in exact[2:]))
    return size


RULES: dict[str, tuple[float, Sizes]] = {
    "equal": (0.0, _of_results),
    "sum": (SUM_EPS, _of_absolutes),
    "two sums": (2 * SUM_EPS, _of_absolutes),
    "average": (AVERAGE_EPS, _of_absolutes),
    "sample": (SAMPLE_EPS, _of_absolutes),
    "elementwise": (ELEMENTWISE_EPS, _of_results),
    "gelu terms": (ELEMENTWISE_EPS, _of_terms("gelu")),
    "swish terms": (ELEMENTWISE_EPS, _of_terms("swish")),
    "hard_swish terms": (ELEMENTWISE_EPS, _of_terms("hard_swish")),
    "softmax": (SOFTMAX_EPS, _at_least_one),
    "softmax gradient": (SOFTMAX_EPS, _of_gradient),
    "step": (OPTIMIZER_EPS, _of_step),
    "norm": (NORM_EPS, _of_norm),
    "norm gradient": (NORM_GRADIENT_EPS, _of_norm_gradient),
    "own norm gradient": (NORM_GRADIENT_EPS, _of_own_norm_gradient),
    "response": (SOFTMAX_EPS, _of_results),
    "response gradient": (SOFTMAX_EPS, _of_largest),
}


def bounds(
    rule: str,
    op: str,
    dtype: np.dtype[Any],
    exact: Arrays,
    given: Arrays,
    absolutes: Callable[[], Arrays],
) -> Arrays:
    """Return the largest allowed |error| of every element of every result."""
    factor, sizes = RULES[rule]
    relative = factor * float(np.finfo(dtype).eps)
    if op.startswith("gelu") and dtype == np.float64:
        relative = GELU_FLOAT64
    least = float(np.finfo(dtype).tiny) if factor else 0.0
    return tuple(relative * size + least for size in sizes(exact, given, absolutes))

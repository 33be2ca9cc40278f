# SPDX-License-Identifier: BSD-3-Clause
"""Dropout whose mask comes from a seed and each element's place, so that nothing is stored."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pyconv.arguments import plain_number
from pyconv.backend import (
    Array,
    array_module,
    as_input,
    contiguous,
    dtype_code,
    empty_on,
    kernels_for,
)

NoiseShape = Sequence[int | None] | None


def dropout(x: Array, rate: float, *, seed: int, noise_shape: NoiseShape = None) -> Array:
    """Return x / (1 - rate) with a share of `rate` of its elements, chosen by the seed, set to 0.

    The same seed and shape choose the same elements on every device and number of threads.

    Args:
        x: any shape; float32 or float64.
        rate: from 0 to 1, which drops all.
        seed: 0 to 2**64 - 1.
        noise_shape: of x's rank, the size of x (or None) or 1 on each axis; along an axis of 1
            elements are dropped together.
    Returns:
        y: shape and dtype of x. A dropped element is 0 even where x is not finite.
    Raises:
        TypeError: dtypes. ValueError: rate, seed, noise_shape.
    Source: Keras Dropout; the naive form is pyconv.reference.dropout.
    """
    return _dropped("dropout", "x", x, rate, seed, noise_shape)


def dropout_backward(dy: Array, rate: float, *, seed: int, noise_shape: NoiseShape = None) -> Array:
    """Return the gradient of dropout's x: dy with the same elements dropped and scaled.

    Args:
        dy: the gradient of y; the others are dropout's.
    Raises:
        TypeError: dtypes. ValueError: rate, seed, noise_shape.
    """
    return _dropped("dropout_backward", "dy", dy, rate, seed, noise_shape)


def checked_rate(function: str, rate: float) -> float:
    """Return a rate as a float, from 0 to 1."""
    number = plain_number(function, "rate", rate)
    if not 0 <= number <= 1:
        raise ValueError(f"{function}: rate={rate}; must be >= 0 and <= 1")
    return number


def checked_seed(function: str, seed: int) -> int:
    """Return a seed of 64 bits as an int."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"{function}: seed={seed!r}; must be an integer")
    if not 0 <= seed < 2**64:
        raise ValueError(f"{function}: seed={seed}; must be within 0 and 2**64 - 1")
    return int(seed)


def _checked_noise_shape(
    function: str, argument: str, x: Array, noise_shape: NoiseShape
) -> tuple[int, ...]:
    if noise_shape is None:
        return x.shape
    if not isinstance(noise_shape, (tuple, list)):
        raise TypeError(f"{function}: noise_shape={noise_shape!r}; must be a tuple")
    fits = len(noise_shape) == x.ndim and all(
        noise is None or (isinstance(noise, (int, np.integer)) and noise in (1, size))
        for noise, size in zip(noise_shape, x.shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{function}: noise_shape={tuple(noise_shape)}; must be 1 or the size on each axis of "
            f"{argument}.shape={x.shape}"
        )
    return tuple(s if n is None else int(n) for n, s in zip(noise_shape, x.shape, strict=True))


def _one_shared_run(
    shape: tuple[int, ...], noise_shape: tuple[int, ...]
) -> tuple[int, int, int] | None:
    """Return sizes (outer, shared, inner) of x, or None where shared axes are apart."""
    shared = [axis for axis, size in enumerate(shape) if noise_shape[axis] != size]
    if not shared:
        return 1, 1, math.prod(shape)
    first, last = shared[0], shared[-1] + 1
    if math.prod(noise_shape[first:last]) != 1:
        return None
    return math.prod(shape[:first]), math.prod(shape[first:last]), math.prod(shape[last:])


def _dropped(
    function: str, argument: str, x: Array, rate: float, seed: int, noise_shape: NoiseShape
) -> Array:
    x = as_input(x, function, argument)
    rate, seed = checked_rate(function, rate), checked_seed(function, seed)
    noise_shape = _checked_noise_shape(function, argument, x, noise_shape)
    x = contiguous(x)
    sizes = _one_shared_run(x.shape, noise_shape)
    if sizes is None:
        module = array_module(x)
        factors = _dropped(function, argument, module.ones(noise_shape, x.dtype), rate, seed, None)
        with np.errstate(invalid="ignore"):  # infinity that is dropped
            spread: Array = module.where(factors == 0, x.dtype.type(0), x * factors)
        return spread
    y = empty_on(x, x.shape)
    if x.size:
        limit = min(int(rate * 2**32), 2**32 - 1)  # that last word alone is scaled, by 0
        scale = 0.0 if rate == 1 else 1.0 / (1.0 - rate)
        kernels_for(x).dropout(dtype_code(x), x, y, *sizes, seed, limit, scale)
    return y

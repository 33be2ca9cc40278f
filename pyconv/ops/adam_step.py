# SPDX-License-Identifier: BSD-3-Clause
"""Adam: m += (1 - b1)(g - m), v += (1 - b2)(g^2 - v), w -= alpha m / (sqrt(v) + epsilon)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pyconv.backend import Array, as_input, contiguous, dtype_code, kernels_for, tensor_table

_NAME = "adam_step"


def _checked_rate(argument: str, value: float, below: float = math.inf) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
        raise TypeError(f"{_NAME}: {argument}={value!r}; must be a number")
    number = float(value)
    if not (math.isfinite(number) and 0.0 <= number < below):
        rule = "finite and >= 0" if below == math.inf else f"within 0 and {below:g}"
        raise ValueError(f"{_NAME}: {argument}={number}; must be {rule}")
    return number


def _checked_target(array: object, argument: str, like: Array) -> Array:
    """Return an array that is written in place: it must be plain and writable as it stands."""
    target = as_input(array, _NAME, argument, like=like)
    if target is not array or contiguous(target) is not target:
        raise ValueError(f"{_NAME}: {argument} is not a contiguous array; it is written in place")
    if isinstance(target, np.ndarray) and not target.flags.writeable:
        raise ValueError(f"{_NAME}: {argument} is read-only; it is written in place")
    if target.shape != like.shape:
        raise ValueError(f"{_NAME}: {argument}.shape={target.shape}; must be {like.shape}")
    return target


def adam_step(
    params: Sequence[Array],
    grads: Sequence[Array],
    m: Sequence[Array],
    v: Sequence[Array],
    *,
    learning_rate: float,
    beta_1: float = 0.9,
    beta_2: float = 0.999,
    epsilon: float = 1e-7,
    step: int,
) -> None:
    """Move every parameter by one step of Adam, in place, in one native call.

    Args:
        params: arrays of one dtype and device, contiguous and writable. grads, m, v: as many
            arrays of the same shapes; m and v start as zeros and are updated in place.
        learning_rate: alpha = learning_rate * sqrt(1 - beta_2^step) / (1 - beta_1^step).
        step: 1 for the first call.
    Raises:
        TypeError: kinds and dtypes. ValueError: numbers, list lengths, shapes, read-only arrays.
        Nothing is written before.
    Source: Kingma and Ba 2015, section 2, in the order of Keras Adam; the naive form is
    pyconv.reference.adam_step.
    """
    rates = (
        _checked_rate("learning_rate", learning_rate),
        _checked_rate("beta_1", beta_1, 1.0),
        _checked_rate("beta_2", beta_2, 1.0),
        _checked_rate("epsilon", epsilon),
    )
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)):
        raise TypeError(f"{_NAME}: step={step!r}; must be an int")
    if not 1 <= step <= 2**62:
        raise ValueError(f"{_NAME}: step={step}; must be >= 1")
    for argument, arrays in (("grads", grads), ("m", m), ("v", v)):
        if len(arrays) != len(params):
            raise ValueError(f"{_NAME}: len({argument})={len(arrays)}; must be {len(params)}")
    if not params:
        return
    first = as_input(params[0], _NAME, "params[0]")
    rows = []
    for i in range(len(params)):
        param = _checked_target(
            params[i], f"params[{i}]", as_input(params[i], _NAME, "params", like=first)
        )
        grad = as_input(grads[i], _NAME, f"grads[{i}]", like=param)
        if grad.shape != param.shape:
            raise ValueError(f"{_NAME}: grads[{i}].shape={grad.shape}; must be {param.shape}")
        rows.append(
            (
                param,
                contiguous(grad),
                _checked_target(m[i], f"m[{i}]", param),
                _checked_target(v[i], f"v[{i}]", param),
            )
        )
    kernels_for(first).adam_step(dtype_code(first), tensor_table(rows), *rates, int(step))

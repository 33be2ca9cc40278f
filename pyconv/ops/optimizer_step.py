# SPDX-License-Identifier: BSD-3-Clause
"""What the steps of all optimizers share: checked lists of arrays, one native call.

A step first makes w -= learning_rate * weight_decay * w, then moves by its rule, in place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pyconv.backend import (
    Array,
    as_input,
    contiguous,
    dtype_code,
    kernels_for,
    tensor_table,
)

WIDTH, GRADIENT = 5, 1  # of a record: parameter, gradient, up to three states
# The rules, numbered as StepRule in src_cpp/geometry.hpp.
SGD, MOMENTUM, NESTEROV = 0, 1, 2
RMSPROP, RMSPROP_MOMENTUM, CENTERED, CENTERED_MOMENTUM = 3, 4, 5, 6
ADAM, AMSGRAD, ADAGRAD = 7, 8, 9
ADADELTA, ADAMAX, NADAM = 10, 11, 12

Lists = Mapping[str, Sequence[Array] | None]


def checked_rate(function: str, argument: str, value: float, below: float = math.inf) -> float:
    """Return a finite number from 0 on, less than `below`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.floating)):
        raise TypeError(f"{function}: {argument}={value!r}; must be a number")
    try:
        number = float(value)
    except OverflowError:  # an int that no float holds
        number = math.inf
    if not (math.isfinite(number) and 0.0 <= number < below):
        rule = "finite and >= 0" if below == math.inf else f"within 0 and {below:g}"
        raise ValueError(f"{function}: {argument}={number}; must be {rule}")
    return number


def checked_step(function: str, step: int) -> int:
    """Return the number of a step, 1 for the first."""
    if isinstance(step, bool) or not isinstance(step, (int, np.integer)):
        raise TypeError(f"{function}: step={step!r}; must be an int")
    if not 1 <= step <= 2**62:
        raise ValueError(f"{function}: step={step}; must be >= 1")
    return int(step)


def move(
    function: str,
    rule: int,
    params: Sequence[Array],
    grads: Sequence[Array],
    states: Lists,
    *,
    rate: float,
    learning_rate: float,
    weight_decay: float,
    a: float = 0.0,
    b: float = 0.0,
    c: float = 0.0,
    epsilon: float = 0.0,
) -> None:
    """Check all arrays, then make one step on all parameters.

    Args:
        states: the rule's lists by argument name, in the rule's order.
        rate, a, b, c, epsilon: as StepRule says; learning_rate and weight_decay: checked here.
    """
    decay = checked_rate(function, "weight_decay", weight_decay) * learning_rate
    lists: dict[str, Sequence[Array]] = {"params": params, "grads": grads}
    for argument, arrays in states.items():
        if arrays is None:
            raise TypeError(f"{function}: {argument} is None; these options need it")
        lists[argument] = arrays
    for argument, arrays in lists.items():
        if len(arrays) != len(params):
            raise ValueError(f"{function}: len({argument})={len(arrays)}; must be {len(params)}")
    if not params:
        return
    first = contiguous(as_input(params[0], function, "params[0]"))
    columns = _checked_columns(function, lists, first)  # alive until the kernel is done
    table, overlap = tensor_table(columns, WIDTH, read=GRADIENT)
    if overlap is not None:  # threads would race
        names = list(lists)
        one, other = (f"{names[place % WIDTH]}[{place // WIDTH}]" for place in overlap)
        raise ValueError(f"{function}: {other} shares memory with {one}; only grads may")
    numbers = rate, decay, a, b, c, epsilon
    kernels_for(first).optimizer_step(dtype_code(first), rule, table, *numbers)


def _checked_columns(function: str, lists: Lists, first: Array) -> list[Sequence[Array]]:
    """Return the parameters, their gradients and each of their states as kernels take them."""
    columns = [arrays for arrays in lists.values() if arrays is not None]
    ready = [_ready_shapes(arrays, first) for arrays in columns]
    if len(ready[0]) == len(columns[0]) and ready.count(ready[0]) == len(ready):
        return columns
    rows = []
    for i in range(len(columns[0])):
        row: list[Array] = []
        for argument, arrays in zip(lists, columns, strict=True):
            name, parameter = f"{argument}[{i}]", row[0] if row else None
            row.append(_checked(function, name, arrays[i], first, parameter))
        rows.append(row)
    return list(zip(*rows, strict=True))


def _ready_shapes(arrays: Sequence[Array], first: Array) -> list[tuple[int, ...]]:
    """Return the shapes of the arrays that may be written to as they are."""
    return [
        array.shape
        for array in arrays
        if type(array) is np.ndarray and array.dtype is first.dtype and array.flags.carray
    ]


def _checked(
    function: str, argument: str, given: Array, first: Array, parameter: Array | None
) -> Array:
    """Return an array as a kernel takes it; gradients alone may be copied to that end."""
    array = as_input(given, function, argument, like=first)
    name = f"{function}: {argument}"
    if parameter is not None and array.shape != parameter.shape:
        raise ValueError(f"{name}.shape={array.shape}; must be {parameter.shape}")
    plain = contiguous(array)
    if not argument.startswith("grads"):
        if array is not given or plain is not array:
            raise ValueError(f"{name} is not a contiguous array; it is written in place")
        if isinstance(array, np.ndarray) and not array.flags.writeable:
            raise ValueError(f"{name} is read-only; it is written in place")
    return plain

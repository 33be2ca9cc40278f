# SPDX-License-Identifier: BSD-3-Clause
"""Labels as programs bring them, (n,), (n, 1) or one-hot (n, classes), as class numbers."""

from __future__ import annotations

import numpy as np

from pyconv.backend import Array, array_module, as_numbers


def is_one_hot(t: Array, y: Array) -> bool:
    """Tell whether labels have a number for every class; the book's test."""
    return bool(t.size == y.size and (y.shape[-1] > 1 or t.ndim > 1))


def class_numbers(function: str, t: object, y: Array) -> Array:
    """Return the class of every row of y, (n, classes), from its labels.

    Raises:
        TypeError: labels that are neither integers nor one-hot. ValueError: their number, or the
        first that is no class.
    """
    labels = as_numbers(t, function, "t")
    n, classes = y.shape
    if is_one_hot(labels, y):
        best: Array = labels.reshape(y.shape).argmax(axis=1)
        return best
    if labels.size != n:
        raise ValueError(
            f"{function}: t.shape={labels.shape}; must be ({n},), ({n}, 1) or {(n, classes)}"
        )
    if labels.dtype.kind not in "iu":
        raise TypeError(
            f"{function}: t.dtype={labels.dtype}; class numbers must be of an integer type"
        )
    numbers = labels.reshape(n)
    wrong = (numbers < 0) | (numbers >= classes)
    if wrong.any():
        place = int(wrong.argmax())
        raise ValueError(
            f"{function}: t[{place}]={int(numbers[place])}; must be within 0 and {classes - 1}"
        )
    classes_of: Array = numbers.astype(np.intp)
    return classes_of


def rows_of(y: Array) -> Array:
    """Return the rows 0, 1, ... of y, to pick one element of each."""
    return array_module(y).arange(y.shape[0])  # type: ignore[no-any-return]


def share_right(function: str, scores: Array, t: object) -> float:
    """Return the share of rows whose largest score stands at their label."""
    if scores.shape[0] == 0:
        raise ValueError(f"{function}: no samples; must be >= 1")
    return float((scores.argmax(axis=1) == class_numbers(function, t, scores)).mean())

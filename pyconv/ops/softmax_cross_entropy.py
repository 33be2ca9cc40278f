# SPDX-License-Identifier: BSD-3-Clause
"""Softmax and cross-entropy in one: loss[n] = log sum exp(logits[n]) - target[n] . logits[n]."""

from __future__ import annotations

import math

import numpy as np

from pyconv.backend import (
    Array,
    as_input,
    as_integers,
    contiguous,
    dtype_code,
    empty_on,
    first_bad,
    first_bad_flag,
    kernels_for,
)

_NAME = "softmax_cross_entropy"


def checked_smoothing(function: str, label_smoothing: float) -> float:
    """Return a label smoothing as a float from 0 to 1."""
    if isinstance(label_smoothing, bool) or not isinstance(label_smoothing, (int, float)):
        raise TypeError(f"{function}: label_smoothing={label_smoothing!r}; must be a number")
    if not (math.isfinite(label_smoothing) and 0.0 <= label_smoothing <= 1.0):
        raise ValueError(f"{function}: label_smoothing={label_smoothing}; must be within 0 and 1")
    return float(label_smoothing)


def split_labels(
    function: str, labels: Array, logits: Array, *, known: bool = False
) -> tuple[Array | None, Array | None]:
    """Return (labels, None) for class numbers, (None, targets) for probabilities per class.

    Args:
        known: the numbers have been found to be classes; a GPU then need not be waited for.
    """
    n, classes = logits.shape
    if getattr(labels, "ndim", None) == 2 and getattr(labels, "dtype", None) == logits.dtype:
        targets = as_input(labels, function, "labels", ndim=2, like=logits)
        if targets.shape != logits.shape:
            raise ValueError(
                f"{function}: labels.shape={targets.shape}; must be {logits.shape}, or ({n},)"
            )
        return None, contiguous(targets)
    numbers = as_integers(labels, function, "labels", logits)
    if numbers.shape != (n,):
        raise ValueError(f"{function}: labels.shape={numbers.shape}; must be ({n},)")
    if numbers.dtype.kind == "u" and numbers.dtype.itemsize == 8 and numbers.size:
        big = int(numbers.max())
        if big >= classes:
            raise ValueError(f"{function}: labels holds {big}; must be within 0 and {classes - 1}")
    if known and not isinstance(numbers, np.ndarray):
        return contiguous(numbers, "int64"), None
    # A copy: another thread may change the caller's labels after the check.
    numbers = contiguous(numbers, "int64").copy()
    flag = first_bad_flag(logits)
    kernels_for(logits).labels_check(numbers, n, classes, flag)
    position = first_bad(flag)
    if position is not None:
        raise ValueError(
            f"{function}: labels[{position}]={int(numbers[position])}; must be within 0 and "
            f"{classes - 1}"
        )
    return numbers, None


def checked_logits(function: str, argument: str, logits: Array) -> Array:
    logits = as_input(logits, function, argument, ndim=2)
    if logits.shape[1] == 0:
        raise ValueError(f"{function}: {argument}.shape={logits.shape}; must have classes")
    return contiguous(logits)


def softmax_cross_entropy(
    logits: Array, labels: Array, *, label_smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Return each row's cross-entropy against its label, and the softmax probabilities.

    Args:
        logits: (n, classes); float32 or float64. Finite logits of any size give finite results;
            a row with NaN, +inf, or nothing but -inf gives NaN.
        labels: (n,) class numbers of any integer type, or (n, classes) target probabilities of
            the dtype of logits.
        label_smoothing: targets become (1 - s) * target + s / classes.
    Returns:
        loss: (n,). probabilities: (n, classes). Both of the dtype of logits.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, or the first label outside the classes.
    Source: Keras SparseCategoricalCrossentropy and CategoricalCrossentropy with from_logits; the
    naive form is pyconv.reference.softmax_cross_entropy.
    """
    logits = checked_logits(_NAME, "logits", logits)
    smoothing = checked_smoothing(_NAME, label_smoothing)
    return unchecked_cross_entropy(logits, *split_labels(_NAME, labels, logits), smoothing)


def unchecked_cross_entropy(
    logits: Array, numbers: Array | None, targets: Array | None, smoothing: float
) -> tuple[Array, Array]:
    """Return losses and probabilities of contiguous logits and what `split_labels` returned."""
    n, classes = logits.shape
    loss = empty_on(logits, (n,))
    probabilities = empty_on(logits, (n, classes))
    kernels_for(logits).softmax_cross_entropy(
        dtype_code(logits), logits, numbers, targets, loss, probabilities, n, classes, smoothing
    )
    return loss, probabilities


def softmax_cross_entropy_backward(
    dloss: Array, probabilities: Array, labels: Array, *, label_smoothing: float = 0.0
) -> Array:
    """Return dlogits = dloss * (sum of the targets * probabilities - targets), targets smoothed.

    Args:
        dloss: (n,). probabilities: (n, classes), as softmax_cross_entropy returned them.
        labels, label_smoothing: as softmax_cross_entropy got them.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, or the first label outside the classes.
    """
    function = "softmax_cross_entropy_backward"
    probabilities = checked_logits(function, "probabilities", probabilities)
    dloss = as_input(dloss, function, "dloss", ndim=1, like=probabilities)
    n = len(probabilities)
    if dloss.shape != (n,):
        raise ValueError(f"{function}: dloss.shape={dloss.shape}; must be ({n},)")
    smoothing = checked_smoothing(function, label_smoothing)
    split = split_labels(function, labels, probabilities)
    return unchecked_cross_entropy_backward(dloss, probabilities, *split, smoothing)


def unchecked_cross_entropy_backward(
    dloss: Array,
    probabilities: Array,
    numbers: Array | None,
    targets: Array | None,
    smoothing: float,
) -> Array:
    """Return dlogits from what the forward returned and `split_labels` did."""
    n, classes = probabilities.shape
    dlogits = empty_on(probabilities, (n, classes))
    kernels_for(probabilities).softmax_cross_entropy_backward(
        dtype_code(probabilities),
        contiguous(dloss),
        probabilities,
        numbers,
        targets,
        dlogits,
        n,
        classes,
        smoothing,
    )
    return dlogits

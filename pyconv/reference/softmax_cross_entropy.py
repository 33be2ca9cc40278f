# SPDX-License-Identifier: BSD-3-Clause
"""Softmax and cross-entropy in one: loss[n] = log sum exp(logits[n]) - target[n] . logits[n]."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def softmax_cross_entropy(
    logits: Array, labels: Array, *, label_smoothing: float = 0.0
) -> tuple[Array, Array]:
    """Return loss (n,) and softmax probabilities (n, classes).

    Args:
        labels: (n,) class numbers, or (n, classes) target probabilities.
        label_smoothing: targets become (1 - s) * target + s / classes.
    """
    targets = _targets(labels, logits.shape, label_smoothing)
    wide = logits.astype(np.float64)
    # The largest logit is taken off first, so that no exponential overflows.
    with np.errstate(invalid="ignore"):  # inf - inf: the row becomes NaN, as it should
        shifted = wide - wide.max(axis=1, keepdims=True)  # (n, classes)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)  # (n, 1)
    # A class without a target adds nothing, even where its logit is -inf.
    surprise = np.where(targets == 0.0, 0.0, np.log(sums) - shifted)
    loss = (targets * surprise).sum(axis=1)
    return loss.astype(logits.dtype), (exponentials / sums).astype(logits.dtype)


def softmax_cross_entropy_backward(
    dloss: Array, probabilities: Array, labels: Array, *, label_smoothing: float = 0.0
) -> Array:
    """Return dlogits = dloss * (probabilities - smoothed target), (n, classes)."""
    targets = _targets(labels, probabilities.shape, label_smoothing)
    wide = probabilities.astype(np.float64)
    dlogits: Array = (dloss[:, None] * (wide - targets)).astype(probabilities.dtype)
    return dlogits


def _targets(labels: Array, shape: tuple[int, ...], label_smoothing: float) -> Array:
    """Return smoothed target probabilities, (n, classes), from class numbers or probabilities."""
    n, classes = shape
    if labels.ndim == 2:
        targets = labels.astype(np.float64)
    else:
        targets = np.zeros(shape)
        targets[np.arange(n), labels] = 1.0
    return (1.0 - label_smoothing) * targets + label_smoothing / classes

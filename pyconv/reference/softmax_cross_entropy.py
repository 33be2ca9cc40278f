# SPDX-License-Identifier: BSD-3-Clause
"""Softmax and cross-entropy in one: loss[n] = target[n] . (log sum exp(logits[n]) - logits[n])."""

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
    wide = logits.astype(np.result_type(logits.dtype, np.float64))
    targets = _targets(labels, wide, label_smoothing)
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
    """Return dlogits = dloss * (probabilities * sum of the targets - targets), (n, classes).

    The smoothed targets of class numbers sum to 1.
    """
    wide = probabilities.astype(np.result_type(probabilities.dtype, np.float64))
    targets = _targets(labels, wide, label_smoothing)
    sums = targets.sum(axis=1, keepdims=True) if labels.ndim == 2 else 1.0
    dlogits: Array = dloss[:, None] * (wide * sums - targets)
    return dlogits.astype(probabilities.dtype)


def _targets(labels: Array, like: Array, label_smoothing: float) -> Array:
    """Return smoothed target probabilities, (n, classes), from class numbers or probabilities."""
    n, classes = like.shape
    if labels.ndim == 2:
        targets = labels.astype(like.dtype)
    else:
        targets = np.zeros_like(like)
        targets[np.arange(n), labels] = 1.0
    smoothed: Array = (1.0 - label_smoothing) * targets + label_smoothing / classes
    return smoothed

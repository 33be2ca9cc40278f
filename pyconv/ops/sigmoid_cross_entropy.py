# SPDX-License-Identifier: BSD-3-Clause
"""Sigmoid and binary cross-entropy in one: loss = -t log(sigmoid(x)) - (1 - t) log(sigmoid(-x))."""

from __future__ import annotations

from pyconv.backend import Array, as_input, contiguous, dtype_code, empty_on, kernels_for
from pyconv.ops.softmax_cross_entropy import checked_smoothing

_NAME = "sigmoid_cross_entropy"


def sigmoid_cross_entropy(logits: Array, targets: Array, *, label_smoothing: float = 0.0) -> Array:
    """Return each logit's binary cross-entropy against its target.

    Args:
        logits: any shape; float32 or float64. Finite logits of any size give finite results.
        targets: shape and dtype of logits; 0 to 1.
        label_smoothing: targets become (1 - s) * target + s / 2.
    Returns:
        loss: shape and dtype of logits.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, label_smoothing.
    Source: Keras BinaryCrossentropy with from_logits, before its mean; the naive form is
    pyconv.reference.sigmoid_cross_entropy.
    """
    logits = as_input(logits, _NAME, "logits")
    targets = _like(_NAME, "targets", targets, logits, "logits")
    smoothing = checked_smoothing(_NAME, label_smoothing)
    logits, targets = contiguous(logits), contiguous(targets)
    loss = empty_on(logits, logits.shape)
    kernels_for(logits).sigmoid_cross_entropy(
        dtype_code(logits), logits, targets, loss, logits.size, smoothing
    )
    return loss


def sigmoid_cross_entropy_backward(
    dloss: Array, logits: Array, targets: Array, *, label_smoothing: float = 0.0
) -> Array:
    """Return dloss * (sigmoid(logits) - targets), the gradient of the logits.

    It keeps its digits where the probability is almost the target.

    Args:
        dloss: shape and dtype of logits. The others are those of sigmoid_cross_entropy.
    Raises:
        TypeError: kinds and dtypes. ValueError: shapes, label_smoothing.
    """
    function = f"{_NAME}_backward"
    dloss = as_input(dloss, function, "dloss")
    logits = _like(function, "logits", logits, dloss, "dloss")
    targets = _like(function, "targets", targets, dloss, "dloss")
    smoothing = checked_smoothing(function, label_smoothing)
    dloss, logits, targets = contiguous(dloss), contiguous(logits), contiguous(targets)
    dlogits = empty_on(dloss, dloss.shape)
    kernels_for(dloss).sigmoid_cross_entropy_backward(
        dtype_code(dloss), dloss, logits, targets, dlogits, dloss.size, smoothing
    )
    return dlogits


def _like(function: str, argument: str, x: Array, like: Array, name: str) -> Array:
    x = as_input(x, function, argument, like=like)
    if x.shape != like.shape:
        raise ValueError(
            f"{function}: {argument}.shape={x.shape}; must be {like.shape}, the shape of {name}"
        )
    return x

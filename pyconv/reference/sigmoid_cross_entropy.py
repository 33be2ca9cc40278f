# SPDX-License-Identifier: BSD-3-Clause
"""Binary cross-entropy of logits: -t log(sigmoid(x)) - (1 - t) log(sigmoid(-x))."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def sigmoid_cross_entropy(logits: Array, targets: Array, *, label_smoothing: float = 0.0) -> Array:
    """Return the loss of each logit; targets become (1 - s) * target + s / 2."""
    yes, no = _sides(targets, label_smoothing)
    # -log(sigmoid(x)) = log(1 + e^-x)
    loss: Array = yes * np.logaddexp(0, -logits) + no * np.logaddexp(0, logits)
    return loss


def sigmoid_cross_entropy_backward(
    dloss: Array, logits: Array, targets: Array, *, label_smoothing: float = 0.0
) -> Array:
    """Return dloss (sigmoid(x) - t), written so that nothing cancels."""
    yes, no = _sides(targets, label_smoothing)
    here, there = np.exp(-np.logaddexp(0, -logits)), np.exp(-np.logaddexp(0, logits))
    dlogits: Array = dloss * (no * here - yes * there)
    return dlogits


def _sides(targets: Array, label_smoothing: float) -> tuple[Array, Array]:
    keep, half = 1.0 - label_smoothing, 0.5 * label_smoothing
    return targets * keep + half, (1 - targets) * keep + half

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable cross-entropy, from logits in one fused op or from probabilities.

loss[i] = -sum over classes of target[i, j] * log(softmax(logits)[i, j])
"""

from __future__ import annotations

import numpy as np

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, array_of, as_tensor
from pyconv.backend import Array
from pyconv.ops.softmax_cross_entropy import (
    checked_logits,
    checked_smoothing,
    split_labels,
    unchecked_cross_entropy,
    unchecked_cross_entropy_backward,
)

_NAME = "softmax_cross_entropy"
CLIP = 1e-7  # Keras keeps probabilities this far from 0 and 1


class SoftmaxCrossEntropyFunction(Function):
    """Pairs the op with its backward; keeps the probabilities and the checked labels."""

    def __init__(self, labels: Array, label_smoothing: float, known: bool) -> None:
        self.labels, self.known = labels, known
        self.smoothing = checked_smoothing(_NAME, label_smoothing)

    def forward(self, logits: Array) -> Array:
        logits = checked_logits(_NAME, "logits", logits)
        self.split = split_labels(_NAME, self.labels, logits, known=self.known)
        loss, self.probabilities = unchecked_cross_entropy(logits, *self.split, self.smoothing)
        return loss

    def backward(self, dloss: Array) -> Array:
        return unchecked_cross_entropy_backward(
            dloss, self.probabilities, *self.split, self.smoothing
        )


class CrossEntropyFunction(Function):
    """The same loss of probabilities: scaled to the sum 1, then clipped, as Keras does."""

    def __init__(self, targets: Array) -> None:
        self.targets = targets

    def forward(self, probabilities: Array) -> Array:
        self.total = probabilities.sum(axis=-1, keepdims=True)
        self.scaled = probabilities / self.total
        self.clipped = np.clip(self.scaled, CLIP, 1 - CLIP)
        terms: Array = self.targets * np.log(self.clipped)
        loss: Array = -terms.sum(axis=-1)
        return loss

    def backward(self, dloss: Array) -> Array:
        inside = self.scaled == self.clipped
        dscaled = -dloss[:, None] * self.targets / self.clipped * inside
        mean = (dscaled * self.scaled).sum(axis=-1, keepdims=True)
        dx: Array = (dscaled - mean) / self.total
        return dx


def softmax_cross_entropy(
    logits: Operand, labels: Operand, *, label_smoothing: float = 0.0, labels_known: bool = False
) -> Tensor:
    """Return the loss (n,) of logits (n, classes).

    Args:
        logits: (n, classes), float32 or float64.
        labels: integers (n,), or targets (n, classes) of the logits' dtype; without gradient.
        labels_known: integers have been found to be classes; those on a GPU are not looked at.
    Source: Keras' categorical cross-entropies with from_logits=True; ops.softmax_cross_entropy.
    """
    return SoftmaxCrossEntropyFunction(array_of(labels), label_smoothing, labels_known)(
        as_tensor(logits)
    )


def cross_entropy(probabilities: Operand, targets: Operand) -> Tensor:
    """Return the loss (n,) of probabilities (n, classes) against targets of the same shape."""
    return CrossEntropyFunction(array_of(targets))(as_tensor(probabilities))

# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable cross-entropy, from logits in one fused op or from probabilities.

loss[i] = -sum over classes of target[i, j] * log(softmax(logits)[i, j])
"""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, array_of, as_tensor
from pyconv.backend import Array

CLIP = 1e-7  # Keras keeps probabilities this far from 0 and 1


class SoftmaxCrossEntropyFunction(Function):
    """Pairs the op with its backward; keeps the probabilities and the labels."""

    def __init__(self, labels: Array, label_smoothing: float) -> None:
        self.labels, self.label_smoothing = labels, label_smoothing

    def forward(self, logits: Array) -> Array:
        loss, self.probabilities = ops.softmax_cross_entropy(
            logits, self.labels, label_smoothing=self.label_smoothing
        )
        return loss

    def backward(self, dloss: Array) -> Array:
        return ops.softmax_cross_entropy_backward(
            dloss, self.probabilities, self.labels, label_smoothing=self.label_smoothing
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
    logits: Operand, labels: Operand, *, label_smoothing: float = 0.0
) -> Tensor:
    """Return the loss (n,) of logits (n, classes).

    Args:
        logits: (n, classes), float32 or float64.
        labels: integers (n,), or targets (n, classes) of the logits' dtype; without gradient.
    Source: Keras' categorical cross-entropies with from_logits=True; ops.softmax_cross_entropy.
    """
    return SoftmaxCrossEntropyFunction(array_of(labels), label_smoothing)(as_tensor(logits))


def cross_entropy(probabilities: Operand, targets: Operand) -> Tensor:
    """Return the loss (n,) of probabilities (n, classes) against targets of the same shape."""
    return CrossEntropyFunction(array_of(targets))(as_tensor(probabilities))

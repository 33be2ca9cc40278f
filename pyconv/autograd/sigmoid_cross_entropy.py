# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable binary cross-entropy, from logits in one fused op or from probabilities.

loss = -t log(p) - (1 - t) log(1 - p), element by element
"""

from __future__ import annotations

import numpy as np

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.softmax_cross_entropy import CLIP
from pyconv.autograd.tensor import Operand, Tensor, array_of, as_tensor
from pyconv.backend import Array
from pyconv.ops.softmax_cross_entropy import checked_smoothing


class SigmoidCrossEntropyFunction(Function):
    """Pairs the op with its backward; keeps the logits and the targets."""

    def __init__(self, targets: Array, label_smoothing: float) -> None:
        self.targets, self.label_smoothing = targets, label_smoothing

    def forward(self, logits: Array) -> Array:
        if self.recording:
            self.logits = logits
        return ops.sigmoid_cross_entropy(logits, self.targets, label_smoothing=self.label_smoothing)

    def backward(self, dloss: Array) -> Array:
        return ops.sigmoid_cross_entropy_backward(
            dloss, self.logits, self.targets, label_smoothing=self.label_smoothing
        )


class BinaryCrossEntropyFunction(Function):
    """The same loss of probabilities, clipped as Keras does."""

    def __init__(self, targets: Array) -> None:
        self.targets = targets

    def forward(self, probabilities: Array) -> Array:
        clipped = np.clip(probabilities, CLIP, 1 - CLIP)
        if self.recording:
            self.clipped, self.inside = clipped, clipped == probabilities
        loss: Array = -self.targets * np.log(clipped) - (1 - self.targets) * np.log1p(-clipped)
        return loss

    def backward(self, dloss: Array) -> Array:
        slope = (1 - self.targets) / (1 - self.clipped) - self.targets / self.clipped
        dx: Array = dloss * slope * self.inside
        return dx


def sigmoid_cross_entropy(
    logits: Operand, targets: Operand, *, label_smoothing: float = 0.0
) -> Tensor:
    """Return the loss of each logit against its target, in the logits' shape.

    Args:
        logits: any shape, float32 or float64.
        targets: 0 to 1, in the logits' shape and dtype; without gradient.
    Source: Keras' binary cross-entropy with from_logits=True; ops.sigmoid_cross_entropy.
    """
    return SigmoidCrossEntropyFunction(array_of(targets), label_smoothing)(as_tensor(logits))


def binary_cross_entropy(
    probabilities: Operand, targets: Operand, *, label_smoothing: float = 0.0
) -> Tensor:
    """Return the loss of each probability against its target, in their common shape.

    Where the probabilities are a sigmoid's result the loss comes from its logits; others are
    clipped to [1e-7, 1 - 1e-7].
    """
    p, t = as_tensor(probabilities), array_of(targets)
    if p.made_from is not None and p.made_from[0] == "sigmoid":
        return sigmoid_cross_entropy(p.made_from[1], t, label_smoothing=label_smoothing)
    if t.shape != p.shape or t.dtype != p.dtype:
        raise ValueError(
            f"binary_cross_entropy: targets of {t.dtype}{t.shape}; must be {p.dtype}{p.shape}"
        )
    smoothing = checked_smoothing("binary_cross_entropy", label_smoothing)
    return BinaryCrossEntropyFunction(t * (1 - smoothing) + 0.5 * smoothing)(p)

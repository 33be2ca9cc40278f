# SPDX-License-Identifier: BSD-3-Clause
"""Binary cross-entropy: the mean over the last axis of -z log(p) - (1 - z) log(1 - p).

After a sigmoid the loss comes from its logits; other probabilities are clipped to [1e-7, 1 - 1e-7].
"""

from __future__ import annotations

from typing import Any

from pyconv.autograd import Tensor, absolute, clip, exp, log, mean
from pyconv.autograd.softmax_cross_entropy import CLIP
from pyconv.backend import Array
from pyconv.losses.cross_entropy import checked_smoothing
from pyconv.losses.loss import Loss


class BinaryCrossentropy(Loss):
    """Cross-entropy of outputs (..., units), each unit a yes or no, against targets 0 to 1.

    Args:
        from_logits: the outputs are logits, not probabilities.
        label_smoothing: 0 to 1: how far the targets are drawn towards 1/2.
        axis: over which the mean is taken.
    Source: Keras BinaryCrossentropy.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "binary_crossentropy",
    ) -> None:
        super().__init__(name, reduction)
        self.from_logits = from_logits
        self.label_smoothing = checked_smoothing(name, label_smoothing)
        self.axis = axis

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        smoothing = self.label_smoothing
        targets = y_true * (1 - smoothing) + 0.5 * smoothing if smoothing else y_true
        return mean(_per_unit(targets, y_pred, self.from_logits), self.axis)

    def get_config(self) -> dict[str, Any]:
        own = {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }
        return {**super().get_config(), **own}


def _per_unit(targets: Array, y_pred: Tensor, from_logits: bool) -> Tensor:
    """Return the loss of each unit, from logits wherever they are known."""
    made_from = y_pred.made_from
    if not from_logits and made_from is not None and made_from[0] == "sigmoid":
        return _from_logits(targets, made_from[1])
    return _from_logits(targets, y_pred) if from_logits else _from_probabilities(targets, y_pred)


def _from_logits(targets: Array, logits: Tensor) -> Tensor:
    """Return max(x, 0) - x z + log(1 + e ** -|x|), whose gradient at 0 is 1/2 - z."""
    size = absolute(logits)
    larger = (logits + size) * 0.5  # not relu, whose gradient at 0 is 0
    return larger - logits * targets + log(exp(-size) + 1.0)


def _from_probabilities(targets: Array, probabilities: Tensor) -> Tensor:
    p = clip(probabilities, CLIP, 1 - CLIP)
    return -(log(p) * targets + log(1.0 - p) * (1 - targets))


def binary_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return BinaryCrossentropy's loss per sample."""
    return BinaryCrossentropy(from_logits, label_smoothing, axis, "none")(y_true, y_pred)

# SPDX-License-Identifier: BSD-3-Clause
"""Binary cross-entropy: the mean over the last axis of -z log(p) - (1 - z) log(1 - p).

After a sigmoid the loss comes from its logits; other probabilities are clipped to [1e-7, 1 - 1e-7].
"""

from __future__ import annotations

from typing import Any

from pyconv.arguments import checked_flag, whole_number
from pyconv.autograd import Tensor, binary_cross_entropy, mean, sigmoid_cross_entropy
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
        self.from_logits = checked_flag(name, "from_logits", from_logits)
        self.label_smoothing = checked_smoothing(name, label_smoothing)
        self.axis = whole_number(name, "axis", axis, -32)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        of = sigmoid_cross_entropy if self.from_logits else binary_cross_entropy
        return mean(of(y_pred, y_true, label_smoothing=self.label_smoothing), self.axis)

    def get_config(self) -> dict[str, Any]:
        own = {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }
        return {**super().get_config(), **own}


def binary_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return BinaryCrossentropy's loss per sample."""
    return BinaryCrossentropy(from_logits, label_smoothing, axis, "none")(y_true, y_pred)

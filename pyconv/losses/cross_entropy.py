# SPDX-License-Identifier: BSD-3-Clause
"""Categorical cross-entropies: mean over samples of -sum(target * log(probability)).

After a softmax the loss comes from its logits in one fused op; other probabilities are scaled to
the sum 1 and clipped to [1e-7, 1 - 1e-7].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import autograd
from pyconv.autograd import Tensor, array_of, as_tensor
from pyconv.backend import Array
from pyconv.losses.loss import Loss, Shape


class CategoricalCrossentropy(Loss):
    """Cross-entropy against one-hot or soft targets of the outputs' shape (..., classes).

    Args:
        from_logits: the outputs are logits, not probabilities.
        label_smoothing: 0 to 1: how much of the target is spread over all classes.
    Source: Keras CategoricalCrossentropy, axis -1.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ) -> None:
        super().__init__(name, reduction)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"{name}: label_smoothing={label_smoothing}; must be in [0, 1]")
        self.from_logits = from_logits
        self.label_smoothing = float(label_smoothing)

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        if y.shape != output_shape and y.shape in (output_shape[:-1], (*output_shape[:-1], 1)):
            raise ValueError(
                f"{self.name}: labels of shape {y.shape} for outputs {output_shape}; integer "
                "labels need sparse_categorical_crossentropy, this loss one-hot rows"
            )
        return super().targets(y, output_shape, dtype)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        classes = y_pred.shape[-1]
        smoothing = self.label_smoothing
        return _per_sample(y_true.reshape(-1, classes), y_pred, self.from_logits, smoothing)

    def get_config(self) -> dict[str, Any]:
        own = {"from_logits": self.from_logits, "label_smoothing": self.label_smoothing}
        return {**super().get_config(), **own}


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy against integer labels (...,) or (..., 1) of outputs (..., classes).

    Source: Keras SparseCategoricalCrossentropy, axis -1.
    """

    def __init__(
        self,
        from_logits: bool = False,
        reduction: str | None = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        super().__init__(name, reduction)
        self.from_logits = from_logits

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        if y.shape == (*output_shape[:-1], 1):
            y = y[..., 0]
        if y.shape != output_shape[:-1]:
            hint = "; one-hot rows need categorical_crossentropy" if y.shape == output_shape else ""
            raise ValueError(
                f"{self.name}: labels of shape {y.shape}; must be {output_shape[:-1]} "
                f"for outputs {output_shape}{hint}"
            )
        return class_numbers(self.name or "loss", y, output_shape[-1])

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        return _per_sample(y_true.reshape(-1), y_pred, self.from_logits, 0.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "from_logits": self.from_logits}


def class_numbers(function: str, y: Array, classes: int) -> Array:
    """Return labels as int64; the first that is no class number is named in the ValueError."""
    if y.dtype.kind not in "iuf":
        raise ValueError(f"{function}: labels of dtype {y.dtype}; must be integers")
    bad = ~((y >= 0) & (y < classes))
    if y.dtype.kind == "f":
        bad |= y != np.floor(y)
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, place))
        raise ValueError(
            f"{function}: labels[{where}]={y[place]}; must be an integer in [0, {classes})"
        )
    return y.astype(np.int64, copy=False)


def _per_sample(labels: Array, y_pred: Tensor, from_logits: bool, smoothing: float) -> Tensor:
    """Return the loss in the shape of the outputs without their classes."""
    shape, classes = y_pred.shape[:-1], y_pred.shape[-1]
    made_from = y_pred.made_from
    if from_logits or (made_from is not None and made_from[0] == "softmax"):
        logits = y_pred if from_logits or made_from is None else made_from[1]
        rows = logits if logits.ndim == 2 else logits.reshape(-1, classes)
        loss = autograd.softmax_cross_entropy(rows, labels, label_smoothing=smoothing)
    else:
        rows = y_pred if y_pred.ndim == 2 else y_pred.reshape(-1, classes)
        targets = np.eye(classes, dtype=rows.dtype)[labels] if labels.ndim == 1 else labels
        loss = autograd.cross_entropy(rows, targets * (1 - smoothing) + smoothing / classes)
    return loss if len(shape) == 1 else loss.reshape(shape)


def categorical_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False, label_smoothing: float = 0.0
) -> Tensor:
    """Return CategoricalCrossentropy's loss per sample."""
    loss = CategoricalCrossentropy(from_logits, label_smoothing, "none")
    return loss(array_of(y_true), as_tensor(y_pred))


def sparse_categorical_crossentropy(
    y_true: object, y_pred: object, from_logits: bool = False
) -> Tensor:
    """Return SparseCategoricalCrossentropy's loss per sample."""
    return SparseCategoricalCrossentropy(from_logits, "none")(array_of(y_true), as_tensor(y_pred))

# SPDX-License-Identifier: BSD-3-Clause
"""Categorical cross-entropies: mean over samples of -sum(target * log(probability)).

After a softmax the loss comes from its logits in one fused op; other probabilities are scaled to
the sum 1 and clipped to [1e-7, 1 - 1e-7].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv import autograd
from pyconv.arguments import checked_flag, plain_number, whole_number
from pyconv.autograd import Tensor
from pyconv.backend import Array, put_beside, to_host
from pyconv.losses.loss import Loss, Shape


class CategoricalCrossentropy(Loss):
    """Cross-entropy against one-hot or soft targets of the outputs' shape (..., classes).

    Args:
        from_logits: the outputs are logits, not probabilities.
        label_smoothing: 0 to 1: how much of the target is spread over all classes.
        axis: of the classes.
    Source: Keras CategoricalCrossentropy.
    """

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str = "categorical_crossentropy",
    ) -> None:
        super().__init__(name, reduction)
        self.from_logits = checked_flag(name, "from_logits", from_logits)
        self.label_smoothing = checked_smoothing(name, label_smoothing)
        self.axis = whole_number(name, "axis", axis, -32)

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        if y.shape != output_shape and y.shape in (output_shape[:-1], (*output_shape[:-1], 1)):
            raise ValueError(
                f"{self.name}: labels of shape {y.shape} for outputs {output_shape}; integer "
                "labels need sparse_categorical_crossentropy, this loss one-hot rows"
            )
        return super().targets(y, output_shape, dtype)

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        y_true, y_pred = np.moveaxis(y_true, self.axis, -1), _classes_last(y_pred, self.axis)
        rows = y_true.reshape(-1, y_pred.shape[-1])
        return _per_sample(rows, y_pred, self.from_logits, self.label_smoothing)

    def get_config(self) -> dict[str, Any]:
        own = {
            "from_logits": self.from_logits,
            "label_smoothing": self.label_smoothing,
            "axis": self.axis,
        }
        return {**super().get_config(), **own}


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy against integer labels (...,) or (..., 1) of outputs (..., classes).

    Args:
        from_logits: the outputs are logits, not probabilities.
        ignore_class: a label whose samples do not count.
        axis: of the classes.
    Source: Keras SparseCategoricalCrossentropy.
    """

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str = "sparse_categorical_crossentropy",
    ) -> None:
        super().__init__(name, reduction)
        self.from_logits = checked_flag(name, "from_logits", from_logits)
        self.ignore_class = ignore_class
        if ignore_class is not None:
            self.ignore_class = whole_number(name, "ignore_class", ignore_class, -(2**31))
        self.axis = whole_number(name, "axis", axis, -32)

    def targets(self, y: Array, output_shape: Shape, dtype: np.dtype[Any]) -> Array:
        axis = self.axis % len(output_shape)
        expected = output_shape[:axis] + output_shape[axis + 1 :]
        if y.ndim == len(output_shape) and y.shape[axis] == 1:
            y = y.squeeze(axis)
        if y.shape != expected:
            hint = "; one-hot rows need categorical_crossentropy" if y.shape == output_shape else ""
            raise ValueError(
                f"{self.name}: labels of shape {y.shape}; must be {expected} "
                f"for outputs {output_shape}{hint}"
            )
        return class_numbers(self.name or "loss", y, output_shape[axis], self.ignore_class)

    def valid(self, y_true: Array) -> Array | None:
        return None if self.ignore_class is None else y_true != self.ignore_class

    def call(self, y_true: Array, y_pred: Tensor) -> Tensor:
        if self.ignore_class is not None:
            y_true = np.where(y_true == self.ignore_class, 0, y_true)
        y_pred = _classes_last(y_pred, self.axis)
        return _per_sample(y_true.reshape(-1), y_pred, self.from_logits, 0.0)

    def get_config(self) -> dict[str, Any]:
        own = {
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
            "axis": self.axis,
        }
        return {**super().get_config(), **own}


def checked_smoothing(name: str, label_smoothing: float) -> float:
    """Return label_smoothing, a number from 0 to 1."""
    number = plain_number(name, "label_smoothing", label_smoothing)
    if not 0 <= number <= 1:
        raise ValueError(f"{name}: label_smoothing={label_smoothing}; must be in [0, 1]")
    return number


def class_numbers(function: str, y: Array, classes: int, ignored: int | None = None) -> Array:
    """Return labels as int64; the first that is no class number is named in the ValueError."""
    if y.dtype.kind not in "iufb":  # of booleans, False is class 0
        raise ValueError(f"{function}: labels of dtype {y.dtype}; must be integers")
    bad = ~((y >= 0) & (y < classes))
    if y.dtype.kind == "f":
        bad |= y != np.floor(y)
    if ignored is not None:
        bad &= y != ignored
    if np.count_nonzero(bad):
        place = tuple(int(i) for i in np.argwhere(to_host(bad))[0])
        where = ", ".join(map(str, place))
        raise ValueError(
            f"{function}: labels[{where}]={to_host(y)[place]}; must be an integer in [0, {classes})"
        )
    return y.astype(np.int64, copy=False)


def _per_sample(labels: Array, y_pred: Tensor, from_logits: bool, smoothing: float) -> Tensor:
    """Return the loss in the shape of the outputs without their classes."""
    shape, classes = y_pred.shape[:-1], y_pred.shape[-1]
    made_from = y_pred.made_from
    if from_logits or (made_from is not None and made_from[0] == "softmax"):
        logits = y_pred if from_logits or made_from is None else made_from[1]
        rows = logits if logits.ndim == 2 else logits.reshape(-1, classes)
        loss = autograd.softmax_cross_entropy(
            rows, labels, label_smoothing=smoothing, labels_known=True
        )
    else:
        rows = y_pred if y_pred.ndim == 2 else y_pred.reshape(-1, classes)
        targets = labels
        if labels.ndim == 1:
            targets = put_beside(np.eye(classes, dtype=rows.dtype), labels)[labels]
        loss = autograd.cross_entropy(rows, targets * (1 - smoothing) + smoothing / classes)
    return loss if len(shape) == 1 else loss.reshape(shape)


def _classes_last(y_pred: Tensor, axis: int) -> Tensor:
    rank = y_pred.ndim
    axis %= rank
    if axis == rank - 1:
        return y_pred
    return y_pred.transpose((*range(axis), *range(axis + 1, rank), axis))


def categorical_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Tensor:
    """Return CategoricalCrossentropy's loss per sample."""
    return CategoricalCrossentropy(from_logits, label_smoothing, axis, "none")(y_true, y_pred)


def sparse_categorical_crossentropy(
    y_true: object,
    y_pred: object,
    from_logits: bool = False,
    ignore_class: int | None = None,
    axis: int = -1,
) -> Tensor:
    """Return SparseCategoricalCrossentropy's loss per sample."""
    loss = SparseCategoricalCrossentropy(from_logits, ignore_class, "none", axis)
    return loss(y_true, y_pred)

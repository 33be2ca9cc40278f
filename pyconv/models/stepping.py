# SPDX-License-Identifier: BSD-3-Clause
"""One step of a model on a batch: outputs, the loss of each, and their weighted sum."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from pyconv.autograd import Tensor, array_of
from pyconv.losses import Loss
from pyconv.losses.loss import aligned
from pyconv.models.compiled import Compiled
from pyconv.models.data import is_array
from pyconv.models.feed import Batch
from pyconv.models.outputs import Outputs


class Step(NamedTuple):
    """What a batch gave: the loss, its parts (None for an output without), the outputs."""

    loss: Tensor
    parts: list[Tensor | None]
    y_pred: list[Tensor]

    def values(self) -> tuple[float, list[float | None]]:
        """Return the loss and its parts as numbers."""
        loss = float(self.loss)
        parts = [
            None if part is None else loss if part is self.loss else float(part)
            for part in self.parts  # a GPU is waited for once where loss and part are one
        ]
        return loss, parts


class Stepper:
    """Runs a model on batches with the losses that compile settled for its outputs."""

    def __init__(self, model: Any, compiled: Compiled, outputs: Outputs) -> None:
        self.model, self.outputs = model, outputs
        self.losses: Sequence[Loss | None] = compiled.losses_of(outputs)
        self.with_loss = [i for i, loss in enumerate(self.losses) if loss is not None]
        self.loss_weights = compiled.weights_of(outputs)
        self.parts: list[Tensor | None] = [None] * outputs.number  # of the last `loss_of`

    def run(self, batch: Batch, *, training: bool) -> Step:
        """Return loss and outputs of a batch; a tape that watches the weights records them.

        Raises:
            ValueError: there is no loss.
        """
        y_pred = self.outputs.of(self.model(batch.x, training=training))
        parts = self._parts(batch.y, y_pred, batch.weights)
        return Step(self._sum("fit" if training else "evaluate", parts), parts, y_pred)

    def loss_of(self, function: str, y: Any, y_pred: Any, weights: Any) -> Tensor:
        """Return the loss of outputs in the form of the model's, as the user has them.

        `parts` then are those of each output.
        """
        predictions = self._predictions(function, y_pred)
        labels = self._labels(function, y)
        for i in self.with_loss:
            if labels[i] is None:
                raise TypeError(f"{function}: y is None; must be labels for the loss")
        dtype = np.dtype(self.model.dtype)  # outputs may be of 16 bits, labels not
        checked = [
            own if loss is None or own is None else loss.targets(own, output.shape, dtype)
            for loss, own, output in zip(self.losses, labels, predictions, strict=True)
        ]
        self.parts = self._parts(checked, predictions, self._weights(function, weights))
        return self._sum(function, self.parts)

    def for_metrics(
        self, function: str, y: Any, y_pred: Any, weights: Any
    ) -> tuple[list[Any], list[Tensor], list[Any]]:
        """Return labels, outputs and weights as metrics take them, an item of each per output."""
        predictions = self._predictions(function, y_pred)
        labels = [
            None if own is None else aligned(own, output.shape)
            for own, output in zip(self._labels(function, y), predictions, strict=True)
        ]
        return labels, predictions, self._weights(function, weights)

    def _predictions(self, function: str, y_pred: Any) -> list[Tensor]:
        try:
            predictions = self.outputs.of(y_pred)
        except (LookupError, TypeError):
            predictions = []
        if not predictions or not all(map(is_array, predictions)):
            raise TypeError(
                f"{function}: y_pred is {type(y_pred).__name__}; must be what the model returns"
            )
        return predictions

    def _labels(self, function: str, y: Any) -> list[Any]:
        found = self.outputs.arrange_labels(function, "y", y, self.with_loss)
        if self.outputs.number == 1 and isinstance(found[0], (list, tuple)):
            found = self.outputs.arrange(function, "y", found[0])
        return [None if value is None else array_of(value) for value in found]

    def _weights(self, function: str, weights: Any) -> list[Any]:
        found = self.outputs.arrange(function, "sample_weight", weights, shared=True)
        return [None if value is None else array_of(value) for value in found]

    def _parts(
        self, y: Sequence[Any], y_pred: Sequence[Tensor], weights: Sequence[Any]
    ) -> list[Tensor | None]:
        return [
            None if loss is None or labels is None else loss.reduced(labels, output, own)
            for loss, labels, output, own in zip(self.losses, y, y_pred, weights, strict=True)
        ]

    def _sum(self, function: str, parts: Sequence[Tensor | None]) -> Tensor:
        """Return the sum that training makes smaller, the layers' own losses included."""
        terms = [
            part if weight == 1 else part * weight
            for part, weight in zip(parts, self.loss_weights, strict=True)
            if part is not None
        ]
        terms += self.model.losses
        if not terms:
            raise ValueError(f"{function}: there is no loss; give compile a loss")
        return reduce(operator.add, terms)

# SPDX-License-Identifier: BSD-3-Clause
"""One step of a model on a batch: outputs, the loss of each, and their weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pyconv.autograd import Tensor, array_of
from pyconv.losses import Loss
from pyconv.models.compiled import Compiled
from pyconv.models.data import is_array, unpacked
from pyconv.models.feed import Batch
from pyconv.models.outputs import Outputs


class Step(NamedTuple):
    """What a batch gave: the loss (None where there is none), its parts, the outputs."""

    loss: Tensor | None
    parts: list[Tensor | None]
    y_pred: list[Tensor]

    def values(self) -> tuple[float, list[float | None]]:
        """Return the loss and its parts as numbers."""
        loss = 0.0 if self.loss is None else float(self.loss)
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
        self.loss_weights = compiled.weights_of(outputs)

    def run(self, batch: Batch, *, training: bool) -> Step:
        """Return loss and outputs of a batch; a tape that watches the weights records them."""
        y_pred = self.outputs.of(self.model(batch.x, training=training))
        parts = self._parts(batch.y, y_pred, batch.weights)
        return Step(self._sum(parts), parts, y_pred)

    def run_given(self, function: str, data: Any, *, training: bool) -> tuple[Step, Batch]:
        """Return what a step of the user's handed over gives, and it as a batch, labels checked."""
        x, y, weights = unpacked(function, data)
        y_pred = self.outputs.of(self.model(x, training=training))
        labels, given = self._arranged(function, y, y_pred, weights)
        parts = self._parts(labels, y_pred, given)
        return Step(self._sum(parts), parts, y_pred), Batch(x, labels, given)

    def loss_of(self, y: Any, y_pred: Any, weights: Any) -> Tensor | None:
        """Return the loss of outputs that the user computed, in the form of the model's outputs."""
        try:
            predictions = self.outputs.of(y_pred)
        except (LookupError, TypeError):
            predictions = []
        if not predictions or not all(map(is_array, predictions)):
            raise TypeError(
                f"compute_loss: y_pred is {type(y_pred).__name__}; must be what the model returns"
            )
        labels, given = self._arranged("compute_loss", y, predictions, weights)
        return self._sum(self._parts(labels, predictions, given))

    def _arranged(
        self, function: str, y: Any, y_pred: Sequence[Tensor], weights: Any
    ) -> tuple[list[Any], list[Any]]:
        """Return labels as the losses take them and weights, an item of each per output."""
        labels, given = (
            [None if value is None else array_of(value) for value in values]
            for values in (
                self.outputs.arrange(function, "y", y),
                self.outputs.arrange(function, "sample_weight", weights, shared=True),
            )
        )
        dtype = np.dtype(self.model.dtype)  # outputs may be of 16 bits, labels not
        checked = [
            own if loss is None or own is None else loss.targets(own, output.shape, dtype)
            for loss, own, output in zip(self.losses, labels, y_pred, strict=True)
        ]
        return checked, given

    def _parts(
        self, y: Sequence[Any], y_pred: Sequence[Tensor], weights: Sequence[Any]
    ) -> list[Tensor | None]:
        return [
            None if loss is None or labels is None else loss.reduced(labels, output, own)
            for loss, labels, output, own in zip(self.losses, y, y_pred, weights, strict=True)
        ]

    def _sum(self, parts: Sequence[Tensor | None]) -> Tensor | None:
        """Return the sum that training makes smaller."""
        terms = [
            part if weight == 1 else part * weight
            for part, weight in zip(parts, self.loss_weights, strict=True)
            if part is not None
        ]
        terms += self.model.losses
        loss = None
        for term in terms:
            loss = term if loss is None else loss + term
        return loss

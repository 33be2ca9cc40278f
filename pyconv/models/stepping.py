# SPDX-License-Identifier: BSD-3-Clause
"""One step of a model on a batch: outputs, the loss of each, and their weighted sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from pyconv.autograd import Tensor
from pyconv.losses import Loss
from pyconv.models.compiled import Compiled
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
        parts = [
            None if loss is None or y is None else loss.reduced(y, output, weights)
            for loss, y, output, weights in zip(
                self.losses, batch.y, y_pred, batch.weights, strict=True
            )
        ]
        return Step(self._sum(parts), parts, y_pred)

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

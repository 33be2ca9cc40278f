# SPDX-License-Identifier: BSD-3-Clause
"""What compile settles: optimizer, loss, metrics; and a Tracker that gathers them over batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv import losses, metrics, optimizers
from pyconv.autograd import Tensor
from pyconv.losses import Loss
from pyconv.metrics import Metric
from pyconv.optimizers import Optimizer

Shape = tuple[int, ...]


class Compiled:
    """Optimizer, loss and metrics, by name or as objects."""

    def __init__(self, optimizer: Any, loss: Any, metric_identifiers: Sequence[Any]) -> None:
        self.optimizer: Optimizer = optimizers.get(optimizer)
        self.loss: Loss = losses.get(loss)
        self.metric_identifiers = list(metric_identifiers)
        for identifier in self.metric_identifiers:
            metrics.get(identifier, (1,), (1, 1))

    def targets(self, y: Any, output_shape: Shape, dtype: str) -> np.ndarray[Any, Any]:
        """Return labels checked against outputs (n, ...) and in the form that the loss takes."""
        array: np.ndarray[Any, Any] = self.loss.targets(y, output_shape, np.dtype(dtype))
        return array

    def tracker(self, label_shape: Shape, output_shape: Shape) -> Tracker:
        """Return a fresh Tracker for labels and outputs of these shapes."""
        found = [metrics.get(m, label_shape, output_shape) for m in self.metric_identifiers]
        return Tracker(found)

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form; the user's own code in it: ValueError."""
        return {
            "optimizer": optimizers.serialize(self.optimizer),
            "loss": losses.serialize(self.loss),
            "metrics": [
                m if isinstance(m, (str, dict)) else metrics.serialize(m)
                for m in self.metric_identifiers
            ],
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Compiled:
        """Return what `get_config` wrote down."""
        if set(config) != {"optimizer", "loss", "metrics"} or not isinstance(
            config["metrics"], list
        ):
            raise ValueError(f"compile configuration has keys {sorted(config)}")
        return cls(config["optimizer"], config["loss"], config["metrics"])


class Tracker:
    """The mean loss and the metrics over the batches given so far."""

    def __init__(self, gathered: list[Metric]) -> None:
        self.metrics = gathered
        names = [m.name for m in gathered]
        if len({"loss", *names}) != len(names) + 1:
            raise ValueError(f"compile: metrics named {names}; names must differ, 'loss' is taken")
        self.reset()

    def reset(self) -> None:
        self.loss_sum = 0.0
        self.samples = 0
        for metric in self.metrics:
            metric.reset_state()

    def update(self, loss: float, y: np.ndarray[Any, Any], y_pred: Tensor) -> None:
        """Add one batch, weighted by its size."""
        count = len(y)
        self.loss_sum += loss * count
        self.samples += count
        for metric in self.metrics:
            metric.update_state(y, y_pred)

    def logs(self) -> dict[str, float]:
        loss = self.loss_sum / self.samples if self.samples else 0.0
        return {"loss": loss, **{metric.name: metric.result() for metric in self.metrics}}

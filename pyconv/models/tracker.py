# SPDX-License-Identifier: BSD-3-Clause
"""The mean loss and the metrics over the batches given so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pyconv.autograd import Tensor
from pyconv.backend import is_on_device, to_host, widened
from pyconv.metrics import Mean, Metric

Logs = dict[str, Any]
Direction = str | None


class OutputMetrics(NamedTuple):
    """The metrics of one output; `name` is empty for a model of one output."""

    name: str
    plain: list[Metric]
    weighted: list[Metric]


class Tracker:
    """Gathers loss and metrics; several losses are also gathered output by output."""

    def __init__(self, outputs: Sequence[OutputMetrics], has_loss: Sequence[bool]) -> None:
        self.outputs = outputs
        self.loss = Mean("loss")
        several = sum(has_loss) > 1
        self.losses = [
            Mean(f"{output.name}_loss") if several and own else None
            for output, own in zip(outputs, has_loss, strict=True)
        ]
        self._named = self._names()
        if any(name == "loss" for name in self._named):
            raise ValueError("compile: a metric is named 'loss'; that name is taken")
        self.reset()

    def _names(self) -> dict[str, Metric]:
        """Return the metrics under the names they have in logs; equal names are counted.

        The order is that of the list which Keras's evaluate returns: output by output.
        """
        found: dict[str, Metric] = {m.name: m for m in self.losses if m is not None}
        for output in self.outputs:
            for metric in output.plain:
                _add(found, output.name, metric.name, metric)
            for metric in output.weighted:
                name = _joined(output.name, metric.name)
                taken = name in found
                _add(
                    found, output.name, f"weighted_{metric.name}" if taken else metric.name, metric
                )
        return found

    @property
    def metrics(self) -> list[Metric]:
        return [self.loss, *self._named.values()]

    def names(self) -> dict[int, str]:
        """Return for the id of each metric its name in logs."""
        return {id(self.loss): "loss", **{id(m): name for name, m in self._named.items()}}

    def directions(self) -> dict[str, Direction]:
        """Return for each name in logs whether "max" or "min" is better, None if unknown."""
        losses = {"loss": "min", **{m.name: "min" for m in self.losses if m is not None}}
        return {**{name: m.direction for name, m in self._named.items()}, **losses}

    def reset(self) -> None:
        for metric in self.metrics:
            metric.reset_state()

    def update(
        self,
        loss: float,
        losses: Sequence[float | None],
        y_true: Sequence[Any],
        y_pred: Sequence[Any],
        weights: Sequence[Any],
    ) -> None:
        """Add one batch, its losses weighted by its size; one item per output."""
        self.add_losses(loss, losses, len(y_pred[0]))
        self.add_to_metrics(y_true, y_pred, weights)

    def add_losses(self, loss: float, losses: Sequence[float | None], count: int) -> None:
        """Add the losses of a batch of so many samples."""
        self.loss.add(loss, count)
        for mean, value in zip(self.losses, losses, strict=True):
            if mean is not None and value is not None:
                mean.add(value, count)

    @property
    def has_metrics(self) -> bool:
        """Whether there are metrics beside the losses."""
        return any(output.plain or output.weighted for output in self.outputs)

    def add_to_metrics(
        self, y_true: Sequence[Any], y_pred: Sequence[Any], weights: Sequence[Any]
    ) -> None:
        """Add one batch to the metrics of each output."""
        for output, labels, outputs, weight in zip(
            self.outputs, y_true, y_pred, weights, strict=True
        ):
            if labels is None or not (output.plain or output.weighted):
                continue
            labels, outputs, weight = map(_on_host, (labels, outputs, weight))
            for metric in output.plain:
                metric.update_state(labels, outputs)
            for metric in output.weighted:
                metric.update_state(labels, outputs, weight)

    def logs(self) -> Logs:
        return {
            "loss": self.loss.result(),
            **{name: metric.result() for name, metric in self._named.items()},
        }

    def get_state(self) -> list[dict[str, np.ndarray[Any, Any]]]:
        """Return what all metrics have gathered."""
        return [metric.get_state() for metric in self.metrics]

    def set_state(self, state: Sequence[dict[str, np.ndarray[Any, Any]]]) -> None:
        """Go on from what `get_state` returned."""
        for metric, own in zip(self.metrics, state, strict=True):
            metric.set_state(own)


def _on_host(value: Any) -> Any:
    """Return an array or Tensor in NumPy, with the logits it was made from."""
    if isinstance(value, Tensor) and value.device != "cpu":
        host = Tensor.wrap(to_host(widened(value.array)))
        if value.made_from is not None:
            kind, logits = value.made_from
            host.made_from = kind, Tensor.wrap(to_host(widened(logits.array)))
        return host
    return to_host(value) if is_on_device(value) else value


def _joined(output: str, name: str) -> str:
    return f"{output}_{name}" if output else name


def _add(found: dict[str, Metric], output: str, name: str, metric: Metric) -> None:
    name = unique = _joined(output, name)
    number = 0
    while unique in found:
        number += 1
        unique = f"{name}_{number}"
    found[unique] = metric

# SPDX-License-Identifier: BSD-3-Clause
"""Callback: what a program may do at the turns of fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Logs = dict[str, float]


class Callback:
    """Override any of the methods; `self.model` and `self.params` are set before the first.

    `params` holds epochs, steps (batches per epoch), samples, batch_size and verbose; `logs` loss
    and metrics.
    Source: Keras Callback.
    """

    model: Any
    params: dict[str, Any]

    def set_model(self, model: Any) -> None:
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Runs before the first epoch."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Runs after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Runs before an epoch; epochs count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Runs after an epoch; logs hold val_ values too."""

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Runs before a training step; batches count from 0 in each epoch."""

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Runs after a training step; logs are the epoch's means so far."""

    def on_test_begin(self, logs: Logs | None = None) -> None:
        """Runs before evaluation."""

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Runs after evaluation."""

    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Runs before a batch of evaluation."""

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Runs after a batch of evaluation."""

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        """Runs before prediction."""

    def on_predict_end(self, logs: Logs | None = None) -> None:
        """Runs after prediction."""

    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Runs before a batch of prediction."""

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Runs after a batch of prediction."""


class CallbackList:
    """Calls each callback in turn; per event only those that override its method."""

    def __init__(self, callbacks: Sequence[Callback], model: Any, params: dict[str, Any]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks: {callback!r}; must be a Callback")
            callback.set_params(params)
            callback.set_model(model)
        self.callbacks = list(callbacks)
        self._methods: dict[str, list[Any]] = {}

    def call(self, event: str, *arguments: Any) -> None:
        """Call the method of an event, such as "on_epoch_end", of every callback."""
        methods = self._methods.get(event)
        if methods is None:
            default = getattr(Callback, event)
            overriding = (c for c in self.callbacks if getattr(type(c), event) is not default)
            methods = self._methods[event] = [getattr(c, event) for c in overriding]
        for method in methods:
            method(*arguments)

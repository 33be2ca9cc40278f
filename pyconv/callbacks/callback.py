# SPDX-License-Identifier: BSD-3-Clause
"""Callback: what a program may do at the turns of fit, evaluate and predict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Logs = dict[str, Any]


class Callback:
    """Override any of the methods; `self.model` and `self.params` are set before the first.

    `params` holds epochs, steps (batches per epoch), samples, batch_size (None where batches come
    from an iterable) and verbose; `logs` loss and metrics.
    Source: Keras Callback.
    """

    model: Any
    params: dict[str, Any]
    runs_last = False  # after all other callbacks of an event

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
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Runs after a training step; logs are the epoch's means so far."""
        self.on_batch_end(batch, logs)

    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Runs before a training step; the old name of on_train_batch_begin."""

    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Runs after a training step; the old name of on_train_batch_end."""

    def get_state(self) -> dict[str, Any]:
        """Return what a backup keeps of the callback: numbers, texts, lists and arrays."""
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` returned."""

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
        """Runs after a batch of prediction; logs["outputs"] is what the model made of it."""


class CallbackList:
    """Calls each callback in turn; per event only those that override its method."""

    def __init__(self, callbacks: Sequence[Callback], model: Any, params: dict[str, Any]) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                raise TypeError(f"callbacks: {callback!r}; must be a Callback")
            callback.set_params(params)
            callback.set_model(model)
        self.callbacks = sorted(callbacks, key=lambda callback: callback.runs_last)
        self._methods: dict[str, list[Any]] = {}

    def call(self, event: str, *arguments: Any) -> None:
        """Call the method of an event, such as "on_epoch_end", of every callback."""
        for method in self._methods_of(event):
            method(*arguments)

    def listens(self, event: str) -> bool:
        """Tell whether a callback wants to hear of an event."""
        return bool(self._methods_of(event))

    def without(self, kind: type[Callback]) -> CallbackList:
        """Return the list less the callbacks of a class."""
        others = CallbackList([], None, {})
        others.callbacks = [other for other in self.callbacks if not isinstance(other, kind)]
        return others

    @property
    def resumable(self) -> list[Callback]:
        """The callbacks that have a state to keep."""
        default = Callback.get_state
        return [c for c in self.callbacks if type(c).get_state is not default]

    def _methods_of(self, event: str) -> list[Any]:
        methods = self._methods.get(event)
        if methods is None:
            heard = [c for c in self.callbacks if _overrides(c, event)]
            methods = self._methods[event] = [getattr(c, event) for c in heard]
        return methods


def _overrides(callback: Callback, event: str) -> bool:
    """Tell whether a class, or an instance as LambdaCallback's, defines a method of its own."""
    method = getattr(callback, event)
    if getattr(method, "__func__", method) is not getattr(Callback, event):
        return True
    older = event.replace("_train_batch_", "_batch_")
    return older != event and _overrides(callback, older)

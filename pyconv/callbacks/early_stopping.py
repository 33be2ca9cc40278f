# SPDX-License-Identifier: BSD-3-Clause
"""EarlyStopping: training ends once a value no longer becomes better."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import checked_flag, plain_number
from pyconv.callbacks.callback import Logs
from pyconv.callbacks.messages import tell
from pyconv.callbacks.monitor import MonitorCallback, checked_patience


class EarlyStopping(MonitorCallback):
    """Stop after `patience` epochs in which the monitored value did not become better.

    Args:
        monitor, mode, min_delta: what "better" means.
        patience: epochs to wait.
        baseline: a value that must be reached, too, for the wait to begin anew.
        restore_best_weights: end with the weights of the best epoch, not of the last.
        start_from_epoch: epochs before this one, counted from 0, are not looked at.
    Source: Keras EarlyStopping.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = checked_patience("EarlyStopping", "patience", patience)
        self.verbose, self.baseline = verbose, baseline
        if baseline is not None:
            self.baseline = plain_number("EarlyStopping", "baseline", baseline)
        self.restore_best_weights = checked_flag(
            "EarlyStopping", "restore_best_weights", restore_best_weights
        )
        self.start_from_epoch = checked_patience(
            "EarlyStopping", "start_from_epoch", start_from_epoch
        )
        self._reset()

    def _reset(self) -> None:
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = None
        self.best_weights: list[np.ndarray[Any, Any]] | None = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        value = self.monitored(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self.best_weights, self.best_epoch = self.model.get_weights(), epoch
        self.wait += 1
        if self.improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore_best_weights:
                self.best_weights = self.model.get_weights()
            if self.baseline is None or self.improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self.stopped_epoch and self.verbose:
            tell(f"Epoch {self.stopped_epoch + 1}: early stopping")
        if self.best_weights is not None:
            if self.verbose:
                tell(f"Restoring the weights of the best epoch: {self.best_epoch + 1}")
            self.model.set_weights(self.best_weights)

    def get_state(self) -> dict[str, Any]:
        names = ("wait", "stopped_epoch", "best_epoch", "best_weights")
        return {**super().get_state(), **{name: getattr(self, name) for name in names}}

    def set_state(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

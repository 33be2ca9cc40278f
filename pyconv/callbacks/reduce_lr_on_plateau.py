# SPDX-License-Identifier: BSD-3-Clause
"""ReduceLROnPlateau: smaller steps once a value no longer becomes better."""

from __future__ import annotations

from typing import Any

from pyconv.arguments import finite_number, plain_number
from pyconv.callbacks.callback import Logs
from pyconv.callbacks.messages import tell
from pyconv.callbacks.monitor import MonitorCallback, checked_patience


class ReduceLROnPlateau(MonitorCallback):
    """Multiply the learning rate by `factor` after `patience` epochs without improvement.

    Args:
        monitor, mode, min_delta: what "better" means.
        factor: in (0, 1).
        cooldown: epochs after a reduction in which none is counted.
        min_lr: the learning rate stays at least this.
    Source: Keras ReduceLROnPlateau.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        kind = "ReduceLROnPlateau"
        self.factor, self.verbose = plain_number(kind, "factor", factor), verbose
        if not 0 < self.factor < 1:
            raise ValueError(f"{kind}: factor={factor}; must be in (0, 1)")
        self.min_lr = finite_number(kind, "min_lr", min_lr, least=0)
        self.patience = checked_patience(kind, "patience", patience)
        self.cooldown = checked_patience(kind, "cooldown", cooldown)
        self._reset()

    def _reset(self) -> None:
        self.best, self.wait, self.cooldown_counter = None, 0, 0

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = {} if logs is None else logs
        logs["learning_rate"] = float(self.model.optimizer.learning_rate)
        value = self.monitored(logs)
        if value is None:
            return
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.wait = 0
        if self.improves(value, self.best):
            self.best, self.wait = value, 0
        elif not self.cooldown_counter:
            self.wait += 1
            if self.wait >= self.patience:
                self._reduce(epoch)

    def _reduce(self, epoch: int) -> None:
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        if rate <= self.min_lr:
            return
        optimizer.learning_rate = max(rate * self.factor, self.min_lr)
        self.cooldown_counter, self.wait = self.cooldown, 0
        if self.verbose:
            tell(
                f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to "
                f"{float(optimizer.learning_rate)}"
            )

    def get_state(self) -> dict[str, Any]:
        own = {"wait": self.wait, "cooldown_counter": self.cooldown_counter}
        return {**super().get_state(), **own}

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self.wait, self.cooldown_counter = state["wait"], state["cooldown_counter"]

# SPDX-License-Identifier: BSD-3-Clause
"""History: the loss and metrics of every epoch, as fit returns it."""

from __future__ import annotations

from typing import Any

from pyconv.callbacks.callback import Callback, Logs


class History(Callback):
    """`history` maps loss, metrics and their val_ twins to a value per epoch; `epoch` counts.

    `epochs_of` has the epochs, from 0, in which each name was measured: a validation may be rare.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[Any]] = {}
        self.epochs_of: dict[str, list[int]] = {}
        self.epoch: list[int] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
            self.epochs_of.setdefault(name, []).append(epoch)

    def get_state(self) -> dict[str, Any]:
        return {"history": self.history, "epochs_of": self.epochs_of, "epoch": self.epoch}

    def set_state(self, state: dict[str, Any]) -> None:
        self.history = {name: list(values) for name, values in state["history"].items()}
        self.epoch = list(state["epoch"])
        found = state.get("epochs_of", {})  # older files have none
        self.epochs_of = {
            name: list(found.get(name, self.epoch[: len(values)]))
            for name, values in self.history.items()
        }

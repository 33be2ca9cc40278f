# SPDX-License-Identifier: BSD-3-Clause
"""Where a running fit stands, and going on from there in another process."""

from __future__ import annotations

from typing import Any

from pyconv import random
from pyconv.callbacks import CallbackList
from pyconv.models.evaluating import Feed
from pyconv.models.feed import Pass


class Fit:
    """A running fit: its batches and callbacks, the epoch and how many of its batches are done."""

    def __init__(self, feed: Feed, calls: CallbackList, epoch: int) -> None:
        self.feed, self.calls = feed, calls
        self.epoch, self.batch = epoch, 0

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()  # a copy of the model is not being fitted

    def get_state(self, model: Any) -> dict[str, Any]:
        """Return all that a resumed fit needs beside weights and optimizer state."""
        position, tracker = self.feed.position, self.feed.tracker
        rate = model.optimizer.get_config().get("learning_rate")
        return {
            "epoch": self.epoch,
            "batch": self.batch,
            "pass": None if position is None else position._asdict(),
            "random": random.get_state(),
            "learning_rate": rate if isinstance(rate, float) else None,  # a schedule follows steps
            "stop_training": bool(model.stop_training),
            "tracker": None if tracker is None else tracker.get_state(),
            "callbacks": [
                [type(callback).__name__, callback.get_state()] for callback in self.calls.resumable
            ],
        }


class Resumed:
    """A state that `Fit.get_state` returned, for a fit to go on from."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state
        self.epoch, self.batch = int(state["epoch"]), int(state["batch"])

    def restore(self, model: Any, fit: Fit) -> None:
        """Put callbacks, metrics, the pass over the data and the random state where they were."""
        names = [type(callback).__name__ for callback in fit.calls.resumable]
        saved = self.state["callbacks"]
        if [name for name, _ in saved] != names:
            raise ValueError(
                f"fit: resumed with the callbacks {names}; the backup was written with "
                f"{[name for name, _ in saved]}"
            )
        for callback, (_, state) in zip(fit.calls.resumable, saved, strict=True):
            callback.set_state(state)
        model.stop_training = bool(self.state["stop_training"])
        position = self.state["pass"]
        fit.feed.resume(None if position is None else Pass(**position))
        if self.state["learning_rate"] is not None:
            model.optimizer.learning_rate = self.state["learning_rate"]
        if self.state["tracker"] is not None and self.batch:
            fit.feed.resume_tracker(self.state["tracker"])
        fit.epoch, fit.batch = self.epoch, self.batch
        random.set_state(self.state["random"])

# SPDX-License-Identifier: BSD-3-Clause
"""LearningRateScheduler: the learning rate of each epoch by a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from pyconv.arguments import checked_function
from pyconv.callbacks.callback import Callback, Logs
from pyconv.callbacks.messages import tell


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch; the logs of the epoch hold it.

    Args:
        schedule: a function of (epoch, learning rate) or of the epoch alone, counted from 0.
    Source: Keras LearningRateScheduler.
    """

    def __init__(self, schedule: Callable[..., Any], verbose: int = 0) -> None:
        checked_function("LearningRateScheduler", "schedule", schedule)
        self.schedule, self.verbose = schedule, verbose
        self._takes_rate = _takes_two(schedule)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        optimizer = self.model.optimizer
        old = float(optimizer.learning_rate)
        optimizer.learning_rate = (
            self.schedule(epoch, old) if self._takes_rate else (self.schedule(epoch))
        )
        if self.verbose:
            tell(
                f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to "
                f"{float(optimizer.learning_rate)}"
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if logs is not None:
            logs["learning_rate"] = float(self.model.optimizer.learning_rate)


def _takes_two(schedule: Callable[..., Any]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    except ValueError:  # a built-in without a signature
        return True
    return True

# SPDX-License-Identifier: BSD-3-Clause
"""How long training batches take."""

from __future__ import annotations

import time
from statistics import median

from pyconv.callbacks import Callback


class Stopwatch(Callback):
    """Takes the time of every training batch, in seconds."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._begun = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.seconds.append(time.perf_counter() - self._begun)

    def images_per_second(self, batch_size: int) -> float:
        """Return the speed of the median batch."""
        return batch_size / median(self.seconds)

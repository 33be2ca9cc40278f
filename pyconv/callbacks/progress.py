# SPDX-License-Identifier: BSD-3-Clause
"""The progress of fit, evaluate, predict: a living line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any, TextIO

import numpy as np

from pyconv.callbacks.callback import Callback, Logs

BAR = 20  # characters
TERMINAL_PAUSE = 0.1  # seconds between two states of the line
PLAIN_PAUSE = 10.0  # seconds between two lines of a log file


class ProgressLine(Callback):
    """Shows epoch, batch, loss, metrics, images per second and the time left.

    Args:
        verbose: 1 a line that lives during the epoch, 2 one line when it ends.
        stream: where to write; standard output by default.
    """

    def __init__(self, verbose: int = 1, stream: TextIO | None = None) -> None:
        self.verbose = verbose
        self.stream = stream
        self._width = 0  # of what stands on the terminal's line
        self._label = ""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._start(f"Epoch {epoch + 1}/{self.params['epochs']}")

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._step(batch + 1, logs or {})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._finish(logs or {})

    def on_test_begin(self, logs: Logs | None = None) -> None:
        self._start("Evaluate")

    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._step(batch + 1, logs or {})

    def on_test_end(self, logs: Logs | None = None) -> None:
        self._finish(logs or {})

    def on_predict_begin(self, logs: Logs | None = None) -> None:
        self._start("Predict")

    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self._step(batch + 1, {})

    def on_predict_end(self, logs: Logs | None = None) -> None:
        self._finish({})

    def close(self) -> None:
        """End a line that an interruption left open."""
        if self._width:
            self._write("\n")
            self._width = 0

    def _start(self, label: str) -> None:
        self._label = label
        self._batch = 0
        self._begun = self._shown = self._stepped = time.perf_counter()

    def _step(self, batch: int, logs: Logs) -> None:
        self._batch, self._stepped = batch, time.perf_counter()
        if self.verbose != 1:
            return
        pause = TERMINAL_PAUSE if self._on_terminal() else PLAIN_PAUSE
        if self._stepped - self._shown < pause:
            return
        self._shown = self._stepped
        steps = self.params["steps"]
        if steps is None:
            self._line(f"{self._label}  {batch}/?{self._text(logs)}")
            return
        left = (self._stepped - self._begun) / batch * (steps - batch)
        head = f"{self._label}  {batch}/{steps}"
        rest = f"  {_seconds(left)} left{self._text(logs)}"
        columns = shutil.get_terminal_size().columns - 1
        size = min(BAR, columns - len(head) - len(rest) - 3)  # the bar gives way to the numbers
        done = size * batch // steps
        bar = f" [{'=' * done}{'.' * (size - done)}]" if size >= BAR // 4 else ""
        self._line((head + bar + rest)[: max(columns, BAR)])

    def _finish(self, logs: Logs) -> None:
        taken = time.perf_counter() - self._begun
        steps = self._batch if self.params["steps"] is None else self.params["steps"]
        self._line(f"{self._label}  {self._batch}/{steps}  {_seconds(taken)}{self._text(logs)}")
        self._write("\n" if self._width else "")
        self._width = 0

    def _text(self, logs: Logs) -> str:
        values = "".join(f"  {name} {_number(value)}" for name, value in logs.items())
        passed = max(self._stepped - self._begun, 1e-9)
        if self.params["batch_size"] is None:
            return f"  {self._batch / passed:,.1f} batches/s{values}"
        samples = min(self._batch * self.params["batch_size"], self.params["samples"])
        return f"  {samples / passed:,.0f} images/s{values}"

    def _line(self, text: str) -> None:
        """Replace the terminal's line, or write one of its own."""
        if not self._on_terminal():
            self._write(text + "\n")
            return
        self._write("\r" + text + " " * (self._width - len(text)))
        self._width = len(text)

    def _on_terminal(self) -> bool:
        return (self.stream or sys.stdout).isatty()

    def _write(self, text: str) -> None:
        stream = self.stream or sys.stdout
        stream.write(text)
        stream.flush()


def _number(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"[{' '.join(map(_number, value.tolist()))}]"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e5 else f"{value:.4e}"


def _seconds(value: float) -> str:
    """Return a duration: 0.8 s, 12 s, 3:05, 1:02:03."""
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"

# SPDX-License-Identifier: BSD-3-Clause
"""CSVLogger: the logs of every epoch as a line of a file."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np

from pyconv.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Write epoch, loss and metrics of each epoch to a CSV file, complete after every epoch.

    Args:
        filename: replaced when training begins, unless `append`.
        separator: between the fields.
        append: go on after the lines that stand there.
    Source: Keras CSVLogger.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            raise ValueError(f"CSVLogger: separator={separator!r}; must be one character")
        self.filename, self.sep, self.append = Path(filename), separator, append
        self.keys: list[str] | None = None
        self._needs_header = True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        filled = self.append and self.filename.exists() and self.filename.stat().st_size > 0
        self.keys, self._needs_header = None, not filled
        with self.filename.open("a" if self.append else "w"):
            pass  # an unwritable place is an error now, not after an epoch

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]  # of a later epoch, perhaps
        with self.filename.open("a", newline="") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if self._needs_header:
                writer.writerow(["epoch", *self.keys])
                self._needs_header = False
            writer.writerow([epoch, *(_field(logs.get(key, "NA")) for key in self.keys)])


def _field(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return f'"[{", ".join(map(str, value.tolist()))}]"'
    return value

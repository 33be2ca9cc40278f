# SPDX-License-Identifier: BSD-3-Clause
"""CSVLogger: the logs of every epoch as a line of a file."""

from __future__ import annotations

import csv
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from pyconv.arguments import checked_flag, checked_path
from pyconv.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Write epoch, loss and metrics of each epoch to a CSV file, complete after every epoch.

    Args:
        filename: replaced when training begins, unless `append`.
        separator: between the fields.
        append: go on after the lines that stand there, in their columns; logs that have none are
            left out, with a warning.
    Source: Keras CSVLogger.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        path = checked_path("CSVLogger", "filename", filename)
        if not path:
            raise ValueError("CSVLogger: filename is empty; must be a path")
        if not isinstance(separator, str) or len(separator) != 1 or separator in '"\r\n\0':
            raise ValueError(
                f"CSVLogger: separator={separator!r}; must be one character, no quote or line end"
            )
        self.filename, self.sep = Path(path), separator
        self.append = checked_flag("CSVLogger", "append", append)
        self.keys: list[str] | None = None
        self._needs_header = self._needs_check = True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        appended = self.append and self.filename.is_file()
        self.keys, cut = self._found() if appended else (None, False)
        self._needs_header, self._needs_check = self.keys is None, True
        with self.filename.open("a" if self.append else "w") as file:  # unwritable: an error now
            if cut:
                file.write("\n")

    def _found(self) -> tuple[list[str] | None, bool]:
        """Return the columns of the file that stands there, if any; whether its last line is cut.

        A program that was killed may have left one without its end.
        """
        with self.filename.open(newline="") as file:
            header = next(csv.reader(file, delimiter=self.sep), None)
            file.seek(0)
            last = "\n"
            for line in file:
                last = line
        if header is not None and header[:1] != ["epoch"]:
            raise ValueError(
                f"CSVLogger: {self.filename}: begins with {header[:3]}; must be a CSVLogger's file "
                f"with separator {self.sep!r} to append to"
            )
        return None if header is None else header[1:], not last.endswith("\n")

    def _check_columns(self, logs: Logs) -> None:
        left_out = sorted(set(logs).difference(self.keys or ()))
        if left_out:
            warnings.warn(
                f"CSVLogger: {self.filename}: has no columns for {left_out}; they are left out",
                stacklevel=3,
            )

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                self.keys += [f"val_{key}" for key in self.keys]  # of a later epoch, perhaps
        elif self._needs_check and not self._needs_header:
            self._check_columns(logs)
        self._needs_check = False
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

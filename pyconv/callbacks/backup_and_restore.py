# SPDX-License-Identifier: BSD-3-Clause
"""BackupAndRestore: an interrupted fit goes on where it stood, bit for bit."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from pathlib import Path
from typing import Any

from pyconv.arguments import checked_flag, checked_path
from pyconv.callbacks.callback import Callback, Logs
from pyconv.callbacks.monitor import checked_save_freq


class BackupAndRestore(Callback):
    """Keep in one file all that fit needs to go on, and go on from it when fit is called again.

    The file holds weights, optimizer, random state, epoch and batch, the place in the data,
    metrics, history and the other callbacks' state. The same program then ends with the same bits
    as if it had never stopped, given the same data: arrays, a sequence, or an iterable whose order
    is drawn from `pyconv.random` when it starts.

    Args:
        backup_dir: made where it is not there; holds backup.npz.
        save_freq: "epoch", or a number of batches.
        double_checkpoint: keep the backup before the last one, too, for the case it cannot be read.
        delete_checkpoint: remove the backups when training has come to its end.
    Source: Keras BackupAndRestore.
    """

    runs_last = True

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        kind = "BackupAndRestore"
        folder = checked_path(kind, "backup_dir", backup_dir)
        if not folder:
            raise ValueError(f"{kind}: backup_dir is empty; must be a folder")
        self.backup_dir = Path(folder)
        self.save_freq: Any = checked_save_freq(kind, save_freq)
        self.double_checkpoint = checked_flag(kind, "double_checkpoint", double_checkpoint)
        self.delete_checkpoint = checked_flag(kind, "delete_checkpoint", delete_checkpoint)
        self.path = self.backup_dir / "backup.npz"
        self.previous = self.backup_dir / "backup.previous.npz"
        self._batches = 0  # since the last backup

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self._batches = 0
        self._check_place()
        if not self.path.exists():
            return
        try:
            self.model.resume_from(self.path)
        except (OSError, ValueError):
            if not self.previous.exists():
                raise
            self.model.resume_from(self.previous)

    def _check_place(self) -> None:
        """Refuse now, not after an epoch, a folder that cannot be made or written into."""
        folders = (self.backup_dir, *self.backup_dir.parents)
        place = next((folder for folder in folders if folder.exists()), Path())
        if not place.is_dir():
            raise FileExistsError(errno.EEXIST, "is there and no folder", str(place))
        if not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, "cannot be written into", str(place))

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save()

    def _save(self) -> None:
        self.backup_dir.mkdir(parents=True, exist_ok=True)
        if self.double_checkpoint and self.path.exists():
            shutil.copy2(self.path, self.previous)
        self.model.back_up(self.path)

    def on_train_end(self, logs: Logs | None = None) -> None:
        if not self.delete_checkpoint:
            return
        for path in (self.path, self.previous):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not there, or it holds files of the user's
            self.backup_dir.rmdir()

    def get_state(self) -> dict[str, Any]:
        return {"batches": self._batches}

    def set_state(self, state: dict[str, Any]) -> None:
        self._batches = state["batches"]

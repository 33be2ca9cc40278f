# SPDX-License-Identifier: BSD-3-Clause
"""ModelCheckpoint: the model as a file, after epochs or batches."""

from __future__ import annotations

import os
from string import Formatter
from typing import Any

from pyconv.arguments import checked_flag, plain_number
from pyconv.callbacks.callback import Logs
from pyconv.callbacks.messages import tell
from pyconv.callbacks.monitor import MonitorCallback, checked_save_freq

MODEL_SUFFIXES = (".keras", ".h5", ".npz", ".hdf5")
WEIGHTS_SUFFIXES = (".weights.h5", ".h5", ".npz", ".hdf5")


class ModelCheckpoint(MonitorCallback):
    """Save the model, or its weights, after every epoch or so many batches.

    Args:
        filepath: may hold {epoch}, {batch} and names of the logs: "{epoch:02d}-{val_loss:.2f}.npz";
            epochs and batches count from 1 here.
        monitor, mode: with save_best_only, what "better" means.
        save_best_only: save only when the monitored value is better than ever.
        save_weights_only: write weights alone, by `save_weights` and its suffixes.
        save_freq: "epoch", or a number of batches.
        initial_value_threshold: the first best.
    Source: Keras ModelCheckpoint.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        kind, first_best = "ModelCheckpoint", initial_value_threshold
        if first_best is not None:
            first_best = plain_number(kind, "initial_value_threshold", first_best)
        super().__init__(monitor, mode, first_best)
        self.save_best_only = checked_flag(kind, "save_best_only", save_best_only)
        self.save_weights_only = checked_flag(kind, "save_weights_only", save_weights_only)
        self.filepath = _checked_pattern(filepath, weights=self.save_weights_only)
        self.verbose = verbose
        self.save_freq: Any = checked_save_freq(kind, save_freq)
        self._batches = 0  # since the last save
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            return
        self._batches += 1
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self._epoch, {"batch": batch + 1, **(logs or {})})

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if self.save_freq == "epoch":
            self._save(epoch, dict(logs or {}))

    def _save(self, epoch: int, logs: Logs) -> None:
        try:
            path = self.filepath.format(**{"epoch": epoch + 1, **logs})
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint: filepath={self.filepath!r} names {error}; there are "
                f"{['epoch', *logs]}"
            ) from None
        except (ValueError, TypeError) as error:  # a format that the value does not have
            raise ValueError(f"ModelCheckpoint: filepath={self.filepath!r}: {error}") from None
        if self.save_best_only and not self._is_best(epoch, logs):
            return
        folder = os.path.dirname(path)
        if folder:
            os.makedirs(folder, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)
        if self.verbose:
            tell(f"Epoch {epoch + 1}: saved to {path}")

    def _is_best(self, epoch: int, logs: Logs) -> bool:
        value = self.monitored(logs)
        if value is None:  # as in Keras: what cannot be judged is kept
            return True
        old = "none" if self.best is None else f"{self.best:.5f}"
        if not self.improves(value, self.best):
            if self.verbose:
                tell(f"Epoch {epoch + 1}: {self.monitor} did not improve from {old}")
            return False
        if self.verbose:
            tell(f"Epoch {epoch + 1}: {self.monitor} improved from {old} to {value:.5f}")
        self.best = value
        return True

    def get_state(self) -> dict[str, Any]:
        return {**super().get_state(), "batches": self._batches}

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self._batches = state["batches"]


def _checked_pattern(filepath: object, *, weights: bool) -> str:
    """Return a path in which names of the logs may stand, judged before any epoch is trained."""
    path = os.fspath(filepath) if isinstance(filepath, (str, os.PathLike)) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError(f"ModelCheckpoint: filepath={filepath!r}; must be a path")
    try:
        parts = list(Formatter().parse(path))
    except ValueError as error:
        raise ValueError(f"ModelCheckpoint: filepath={path!r}: {error}") from None
    for _, name, _, _ in parts:
        if name is not None and not name.isidentifier():
            raise ValueError(
                f"ModelCheckpoint: filepath={path!r} holds {{{name}}}; must be epoch, batch or a "
                "name of the logs"
            )
    suffixes = WEIGHTS_SUFFIXES if weights else MODEL_SUFFIXES
    end, name, _, _ = parts[-1]
    fits = end.endswith(suffixes) and (weights or not end.endswith(WEIGHTS_SUFFIXES[0]))
    if name is None and not fits and ("." in end or not parts[1:]):
        raise ValueError(f"ModelCheckpoint: filepath={path!r}; must end in {' or '.join(suffixes)}")
    return path

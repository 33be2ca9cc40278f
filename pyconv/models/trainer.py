# SPDX-License-Identifier: BSD-3-Clause
"""Trainer: a layer that can be compiled, trained, evaluated and asked for predictions."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from pyconv.callbacks import Callback, History
from pyconv.models.fitting import Fitting
from pyconv.models.resuming import Resumed
from pyconv.models.tracker import Logs

Self = TypeVar("Self", bound="Trainer")


class Trainer(Fitting):
    """All of Keras's training methods, their old names for generators, and backups of a fit."""

    def to(self: Self, device: str) -> Self:
        """Move weights and the optimizer's state to a device, and return the model.

        `fit`, `evaluate` and `predict` then compute there, whatever their data lies on, and still
        return NumPy; `model(x)` takes arrays of that device alone. Arguments and errors as in
        Layer.to, and RuntimeError while the model is being fitted.
        """
        if self._fit is not None:
            raise RuntimeError("to: this model is being fitted; move it before or after")
        super().to(device)
        if self._compiled is not None:
            self._compiled.optimizer.follow()
        for kept in ("_plans", "_replays"):
            if kept in vars(self):
                delattr(self, kept)
        return self

    def back_up(self, filepath: str | os.PathLike[str]) -> None:
        """Write where the running fit stands to a .npz file, for `resume_from`; in callbacks."""
        from pyconv.saving.backup import save_backup

        if self._fit is None:
            raise RuntimeError("back_up: no fit is running")
        save_backup(self, self.optimizer, self._fit.get_state(self), filepath)

    def resume_from(self, filepath: str | os.PathLike[str]) -> None:
        """Let the fit that begins go on where `back_up` was called; in `on_train_begin`."""
        from pyconv.saving.backup import load_backup

        if self._fit is None or not self.built:
            raise RuntimeError("resume_from: no fit is running, or the model is not built")
        self._resumed = Resumed(load_backup(self, self.optimizer, filepath))

    def fit_generator(
        self,
        generator: Any,
        steps_per_epoch: float | None = None,
        epochs: int = 1,
        verbose: str | int = 1,
        callbacks: Sequence[Callback] | None = None,
        validation_data: Any = None,
        validation_steps: float | None = None,
        validation_freq: int | Collection[int] = 1,
        class_weight: dict[int, float] | None = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        shuffle: bool = True,
        initial_epoch: int = 0,
    ) -> History:
        """Train on batches; the old name of `fit`, with its order of arguments.

        max_queue_size, workers and use_multiprocessing change no result and are not used; a
        generator has its own order, whatever shuffle says.
        """
        return self.fit(
            generator,
            steps_per_epoch=steps_per_epoch,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_steps=validation_steps,
            validation_freq=validation_freq,
            class_weight=class_weight,
            initial_epoch=initial_epoch,
        )

    def evaluate_generator(
        self,
        generator: Any,
        steps: float | None = None,
        callbacks: Sequence[Callback] | None = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: str | int = 0,
    ) -> float | list[float] | Logs:
        """Measure on batches; the old name of `evaluate`."""
        return self.evaluate(generator, steps=steps, callbacks=callbacks, verbose=verbose)

    def predict_generator(
        self,
        generator: Any,
        steps: float | None = None,
        callbacks: Sequence[Callback] | None = None,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        verbose: str | int = 0,
    ) -> Any:
        """Return the outputs for batches; the old name of `predict`."""
        return self.predict(generator, steps=steps, callbacks=callbacks, verbose=verbose)

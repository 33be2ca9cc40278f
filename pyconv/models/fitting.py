# SPDX-License-Identifier: BSD-3-Clause
"""fit: the training loop."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Sequence
from typing import Any

from pyconv import random
from pyconv.arguments import plain_number
from pyconv.autograd import GradientTape, Tensor, Variable
from pyconv.backend import on_device
from pyconv.callbacks import Callback, CallbackList, History, ProgressLine
from pyconv.models.arguments import (
    check_epochs,
    check_validation_freq,
    checked_class_weight,
    checked_shuffle,
    checked_verbose,
    listed_callbacks,
    validates_after,
)
from pyconv.models.compiling import result_of
from pyconv.models.data import Samples, are_batches, as_samples, unpacked
from pyconv.models.evaluating import Evaluating, Feed
from pyconv.models.feed import Batch
from pyconv.models.outputs import leaves, mapped
from pyconv.models.own_step import OwnStep, own_step
from pyconv.models.prepared import inputs_of, length_of
from pyconv.models.resuming import Fit, Resumed
from pyconv.models.stepping import Step
from pyconv.models.tracker import Logs


class Fitting(Evaluating):
    """A model that learns."""

    _fit: Fit | None = None  # while one is running
    _resumed: Resumed | None = None
    _warned: bool = False  # of a loss that is not finite; once per fit

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: float | None = None,
        validation_steps: float | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Collection[int] = 1,
    ) -> History:
        """Train and return the History of loss and metrics per epoch.

        A class of models with a `train_step(data)` makes the steps itself: data is x, (x, y) or
        (x, y, sample_weight) of a batch, and what it returns, numbers by name, is the log. Labels
        come as they were given, floats in the model's dtype; such a class needs no `call`.

        Args:
            x: (n, ...) numbers of any kind, cast to the model's dtype; a list or a dictionary by
                input name for several inputs; or an iterable of batches (x, y) or (x, y, weights).
            y: (n,) or (n, 1) class numbers, or (n, classes), as the loss takes them; a list or a
                dictionary by output name for several outputs.
            batch_size: 32 by default; a smaller last batch is kept. Not used with an iterable.
            verbose: 0 silent, 1 a living line per epoch, 2 one line per epoch; "auto" is 1.
            validation_split: share of the arrays, taken from their end, that is not trained on.
            validation_data: (x, y), (x, y, weights) or an iterable of batches to evaluate on.
            shuffle: draw a new order of the samples for each epoch; an iterable has its own.
            class_weight: by what the loss of samples of a class number is multiplied.
            sample_weight: (n,) by what the loss of each sample is multiplied.
            initial_epoch: where to go on; on a loaded model the random state goes on, too.
            steps_per_epoch: batches per epoch, whose next goes on where it ended; all by default.
            validation_steps: batches of validation_data to take; all by default.
            validation_batch_size: batch_size by default.
            validation_freq: validate after every so many epochs, or after epochs listed from 1.
        Raises:
            ValueError: an argument out of range, or labels that are none (the first is named).
            KeyboardInterrupt: on Ctrl-C; the model and `history` keep what they have.
        Source: Keras Model.fit.
        """
        self._refuse_a_second_fit()
        check_epochs(epochs, initial_epoch)
        check_validation_freq(validation_freq)
        weights = checked_class_weight(class_weight)
        x, y, sample_weight, held_out = self._split(
            x, y, sample_weight, validation_split, validation_data
        )
        validation = None
        if held_out is not None:
            validation = self._validation_feed(
                held_out,
                batch_size if validation_batch_size is None else validation_batch_size,
                validation_steps,
            )
        feed = self._feed(
            "fit",
            x,
            y,
            sample_weight,
            batch_size,
            steps_per_epoch,
            steps_name="steps_per_epoch",
            shuffle=checked_shuffle(shuffle),
            class_weight=weights,
        )
        self._refuse_a_second_fit()  # of another thread, begun since
        if initial_epoch and self._saved_random_state is not None:
            random.set_state(self._saved_random_state)
        self._saved_random_state = None
        shown = checked_verbose("fit", verbose)
        params = {
            "epochs": epochs,
            "steps": feed.steps,
            "samples": feed.source.samples,
            "batch_size": feed.source.batch_size,
            "verbose": shown,
        }
        history, progress = History(), ProgressLine(shown)
        own: list[Callback] = [*listed_callbacks("fit", callbacks), history]
        calls = CallbackList([*own, *([progress] if shown else [])], self, params)
        self.history, self.stop_training, self._warned = history, False, False
        self._tracker, self._resumed = feed.tracker, None
        self._fit = Fit(feed, calls, initial_epoch)
        try:
            validates = (validation, calls.without(ProgressLine), validation_freq)
            with on_device(feed.device):
                self._train(self._fit, epochs, *validates)
        finally:
            progress.close()
            self._fit = None
        return history

    def _refuse_a_second_fit(self) -> None:
        if self._fit is not None:
            raise RuntimeError("fit: this model is being fitted; one fit at a time")

    def _train(
        self,
        fit: Fit,
        epochs: int,
        validation: Feed | None,
        watchers: CallbackList,
        validation_freq: int | Collection[int],
    ) -> None:
        calls, logs = fit.calls, {}
        calls.call("on_train_begin", {})
        if self._resumed is not None and not self._resumed.batch:
            self._resumed.restore(self, fit)
        start = fit.epoch if self._resumed is None else self._resumed.epoch
        for epoch in range(start, epochs):
            if self.stop_training:
                break
            calls.call("on_epoch_begin", epoch, {})
            logs = self._train_epoch(fit, epoch)
            if validation is not None and validates_after(epoch, validation_freq):
                found = self._evaluate(validation, watchers)
                logs.update({f"val_{name}": value for name, value in found.items()})
            fit.epoch, fit.batch = epoch + 1, 0
            calls.call("on_epoch_end", epoch, logs)
        if start < epochs:
            trained = self.trainable_weights if self._trained is None else self._trained
            self.optimizer.finalize_variable_values(trained)
        calls.call("on_train_end", logs)

    def _train_epoch(self, fit: Fit, epoch: int) -> Logs:
        feed, calls, done = fit.feed, fit.calls, 0
        self._reset_metrics(feed)
        if self._resumed is not None and self._resumed.batch:
            self._resumed.restore(self, fit)
            done = self._resumed.batch
        self._resumed = None
        own = own_step(self, "train_step")
        for step, batch in enumerate(feed.epoch(done), done):
            self._tracker = feed.tracker
            calls.call("on_train_batch_begin", step, {})
            self._train_batch(feed, batch, step, own)
            fit.epoch, fit.batch = epoch, step + 1
            if calls.listens("on_train_batch_end"):
                calls.call("on_train_batch_end", step, feed.logs())
            if self.stop_training:
                break
        return feed.logs()

    def _train_batch(self, feed: Feed, batch: Batch, number: int, own: OwnStep | None) -> None:
        assert self._compiled is not None
        if own is None:
            if self._trained is None:
                self._trained = tuple(self.trainable_weights)
            step, gradients = self._gradients(feed, batch, self._trained)
            self._apply(gradients, self._trained)
            feed.stage()
            value = feed.add(step, batch)
        else:
            self._step_of_ones_own(feed, batch, own)
            value = feed.logs().get("loss", 0.0)
        if not math.isfinite(value) and not self._warned:
            self._warned = True
            warnings.warn(
                f"fit: the loss of batch {number} is {value}; the learning rate may be too high",
                RuntimeWarning,
                stacklevel=5,
            )

    def _gradients(
        self, feed: Feed, batch: Batch, trained: Sequence[Variable]
    ) -> tuple[Step, list[Tensor | None]]:
        """Return what a batch gave and the gradients of its loss; on a GPU by a graph if it can."""
        assert self._compiled is not None
        stepper = feed.stepper

        def work(batch: Batch) -> tuple[Step, list[Tensor | None]]:
            with GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(trained)
                step = stepper.run(batch, training=True)
                target = self.optimizer.scale_loss(step.loss)
            return step, tape.gradient(target, trained)

        if feed.device == "cpu" or not self._compiled.may_replay:
            return work(batch)

        def flat(batch: Batch) -> list[Tensor | None]:
            step, gradients = work(batch)
            return [step.loss, *step.parts, *step.y_pred, *gradients]

        constants = (self._compiled, self.optimizer.scale, *map(id, trained))
        found: list[Any] = self._replays.run(self, batch, flat, "train", constants)
        (loss, *rest), outputs = found, stepper.outputs.number
        return Step(loss, rest[:outputs], rest[outputs : 2 * outputs]), rest[2 * outputs :]

    def _apply(self, gradients: Sequence[Tensor | None], trained: Sequence[Variable]) -> None:
        """Make a step; a model without weights to train learns nothing, with Keras's warning."""
        if trained and all(gradient is None for gradient in gradients):
            raise ValueError(
                f"fit: the loss of {self.name!r} depends on no trainable weight; layers, "
                "activations and losses must compute it by pyconv's functions of Tensors"
            )
        if trained:
            self.optimizer.apply(gradients, trained)
        else:
            warnings.warn(f"fit: {self.name!r} has no trainable weights", stacklevel=5)

    def train_step(self, data: Any) -> Logs:
        """Train on one batch and return loss and metrics so far; a class may have its own.

        Args:
            data: x, (x, y) or (x, y, sample_weight) of the batch, in Tensors or arrays.
        Raises:
            RuntimeError: outside of fit.
        Source: Keras Model.train_step, which a step of one's own calls by `super()`.
        """
        self._stepping("train_step")
        if self._trained is None:
            self._trained = tuple(self.trainable_weights)
        x, y, weights = unpacked("train_step", data)
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._trained)
            y_pred = self(x, training=True)
            loss = self._loss_of_step("train_step", x, y, y_pred, weights, training=True)
            target = self.optimizer.scale_loss(loss)
        self._apply(tape.gradient(target, self._trained), self._trained)
        return self._logs_of_step("train_step", x, y, y_pred, weights, loss)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: dict[int, float] | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | Logs:
        """Make one training step and return the batch's loss, and metrics where there are.

        Source: Keras Model.train_on_batch.
        """
        by_class = checked_class_weight(class_weight)
        feed = self._one_batch("train_on_batch", x, y, sample_weight, by_class)
        with on_device(feed.device):
            for batch in feed.epoch():
                self._train_batch(feed, batch, 0, own_step(self, "train_step"))
        self._tracker = feed.tracker
        return result_of(feed.logs(), return_dict)

    def _validation_feed(self, data: Any, batch_size: int | None, steps: float | None) -> Feed:
        if isinstance(data, (tuple, list)):
            if len(data) not in (2, 3):
                raise ValueError("fit: validation_data must be (x, y) or (x, y, weights)")
            x, y, weights = (*data, None)[:3]
        elif are_batches(data):
            x, y, weights = data, None, None
        else:
            raise ValueError("fit: validation_data must be (x, y), (x, y, weights) or batches")
        return self._feed(
            "fit",
            x,
            y,
            weights,
            batch_size,
            steps,
            name="validation_",
            steps_name="validation_steps",
            anew=True,
        )

    def _split(
        self, x: Any, y: Any, weights: Any, share: Any, validation_data: Any
    ) -> tuple[Any, Any, Any, Any]:
        """Part the last share of the samples from the rest, unless validation data is given."""
        if not 0 <= plain_number("fit", "validation_split", share) < 1:
            raise ValueError(f"fit: validation_split={share!r}; must be in [0, 1)")
        if not share or validation_data is not None:
            return x, y, weights, validation_data
        if are_batches(x):
            raise ValueError(f"fit: validation_split={share} needs arrays, not batches")
        x = inputs_of(self, "fit", x)
        samples = length_of(x)
        kept = int(samples * (1 - share))
        if kept == samples:
            return x, y, weights, None
        if not kept:
            raise ValueError(
                f"fit: validation_split={share} of {samples} samples leaves none to train on"
            )

        def cut(part: slice) -> Any:
            def of(value: Any) -> Any:
                if value is None:
                    return None
                array: Samples = as_samples("fit", "y", value, "float64", self.device)
                if len(array) != samples:
                    raise ValueError(
                        f"fit: x has {samples} samples and y {len(array)}; must be equal and not 0"
                    )
                return array[part]

            several = [isinstance(v, (list, tuple)) and _holds_arrays(v) for v in (y, weights)]
            own = [
                mapped(of, v) if isinstance(v, dict) or listed else of(v)
                for v, listed in zip((y, weights), several, strict=True)
            ]
            return (mapped(of, x), *own)

        return (*cut(slice(0, kept)), cut(slice(kept, samples)))


def _holds_arrays(value: Any) -> bool:
    return all(getattr(item, "ndim", 0) > 0 or item is None for item in leaves(value))

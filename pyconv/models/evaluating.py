# SPDX-License-Identifier: BSD-3-Clause
"""evaluate: loss and metrics over samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyconv.autograd import no_recording
from pyconv.backend import on_device
from pyconv.callbacks import Callback, CallbackList
from pyconv.models.arguments import checked_batch_size, checked_steps
from pyconv.models.compiled import Compiled
from pyconv.models.compiling import result_of
from pyconv.models.data import are_batches, unpacked
from pyconv.models.feed import ArraySource, Batch, Epochs, IterableSource
from pyconv.models.folding import inference
from pyconv.models.own_step import OwnStep, called, own_step
from pyconv.models.predicting import Predicting, host_dtype
from pyconv.models.prepared import Prepared, prepare
from pyconv.models.stepping import Step, Stepper
from pyconv.models.tracker import Logs, Tracker


class Feed(Epochs):
    """Batches with labels; stepper and tracker are made from the first prepared data."""

    stepper: Stepper
    tracker: Tracker | None = None
    own_logs: Logs | None = None  # what a step of the user's said last
    _gathered: Any = None  # a tracker's state that waits for the tracker

    def use(self, model: Any, compiled: Compiled, prepared: Prepared) -> Feed:
        """Make stepper and tracker for outputs of this kind unless they are there."""
        if self.tracker is None:
            self.stepper = Stepper(model, compiled, prepared.outputs)
            shapes = prepared.label_shapes(self.stepper.with_loss)
            self.tracker = compiled.tracker(prepared.outputs, shapes)
            if self._gathered is not None:
                self.tracker.set_state(self._gathered)
        return self

    def resume_tracker(self, state: Any) -> None:
        """Let the tracker go on from a state, as soon as there is one."""
        if self.tracker is None:
            self._gathered = state
        else:
            self.tracker.set_state(state)

    def add(self, step: Step, batch: Batch) -> float:
        assert self.tracker is not None
        return add_step(self.tracker, step, batch)

    def logs(self) -> Logs:
        if self.own_logs is not None:
            return self.own_logs
        return {"loss": 0.0} if self.tracker is None else self.tracker.logs()


def add_step(tracker: Tracker, step: Step, batch: Batch) -> float:
    """Add what a batch gave to a tracker and return its loss."""
    loss, parts = step.values()
    tracker.update(loss, parts, batch.y, step.y_pred, batch.weights)
    return loss


class Evaluating(Predicting):
    """A model that measures itself."""

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: float | None = None,
        callbacks: Sequence[Callback] | CallbackList | None = None,
        return_dict: bool = False,
    ) -> float | list[float] | Logs:
        """Return [loss, metrics...], or the loss alone where there are no metrics.

        Args:
            x, y, sample_weight, batch_size: as in fit.
            steps: batches to take; all by default.
            return_dict: return values by name.
        Raises:
            ValueError: as fit does; neither compile nor a layer gave a loss.
        Source: Keras Model.evaluate.
        """
        feed = self._feed("evaluate", x, y, sample_weight, batch_size, steps)
        calls = self._calls("evaluate", feed, verbose, callbacks)
        return result_of(self._evaluate(feed, calls), return_dict)

    def _feed(
        self,
        function: str,
        x: Any,
        y: Any,
        weights: Any,
        batch_size: int | None,
        steps: float | None,
        *,
        name: str = "",
        steps_name: str = "steps",
        shuffle: bool = False,
        anew: bool = False,
        class_weight: dict[int, float] | None = None,
    ) -> Feed:
        """Return batches of arrays, checked at once, or of an iterable, checked one by one."""
        compiled = self._need_compiled(function)
        place: dict[str, Any] = {"device": self.device, "dtype": self.dtype}
        size = checked_batch_size(function, batch_size, f"{name}batch_size")
        steps = checked_steps(function, steps_name, steps)
        if not are_batches(x):
            prepared = prepare(self, function, compiled, x, y, weights, class_weight, name=name)
            source = ArraySource(prepared, size, self._host_dtype, shuffle=shuffle)
            return Feed(source, steps, anew=anew, **place).use(self, compiled, prepared)
        if y is not None or weights is not None:
            raise ValueError(
                f"{function}: {name}y and {name}sample_weight must come with the batches of {name}x"
            )

        def prepared_batch(x: Any, y: Any, weights: Any) -> Batch:
            found = prepare(self, function, compiled, x, y, weights, class_weight, name=name)
            feed.use(self, compiled, found)
            return Batch(self._host_cast(found.x), found.y, found.weights, found.form)

        batches = IterableSource(x, prepared_batch, f"{function}: {name}x")
        feed = Feed(batches, steps, anew=anew, **place)
        return feed

    def _one_batch(
        self,
        function: str,
        x: Any,
        y: Any,
        weights: Any,
        class_weight: dict[int, float] | None = None,
    ) -> Feed:
        compiled = self._need_compiled(function)
        prepared = prepare(self, function, compiled, x, y, weights, class_weight)
        device, dtype = self.device, self.dtype
        source = ArraySource(prepared, max(prepared.samples, 1), host_dtype(device, dtype))
        feed = Feed(source, None, device=device, dtype=dtype)
        return feed.use(self, compiled, prepared)

    def _evaluate(self, feed: Feed, calls: CallbackList) -> Logs:
        self._reset_metrics(feed)
        calls.call("on_test_begin", {})
        own = own_step(self, "test_step")
        with inference(), on_device(self.device):
            for number, batch in enumerate(feed.epoch()):
                calls.call("on_test_batch_begin", number, {})
                self._test_batch(feed, batch, own)
                if calls.listens("on_test_batch_end"):
                    calls.call("on_test_batch_end", number, feed.logs())
        logs = feed.logs()
        self._tracker = feed.tracker or self._tracker
        calls.call("on_test_end", logs)
        return logs

    def _test_batch(self, feed: Feed, batch: Batch, own: OwnStep | None) -> None:
        if own is not None:
            self._step_of_ones_own(feed, batch, own)
            return
        step = feed.stepper.run(batch, training=False)
        feed.stage()
        feed.add(step, batch)

    def _step_of_ones_own(self, feed: Feed, batch: Batch, step: OwnStep) -> None:
        self._tracker, self._stepper = feed.tracker, feed.stepper
        feed.own_logs = called(step, batch)
        feed.stage()

    def test_step(self, data: Any) -> Logs:
        """Measure one batch and return loss and metrics so far; a class may have its own.

        Args:
            data: x, (x, y) or (x, y, sample_weight) of the batch, in Tensors or arrays.
        Raises:
            RuntimeError: outside of fit and evaluate.
        Source: Keras Model.test_step, which a step of one's own calls by `super()`.
        """
        self._stepping("test_step")
        x, y, weights = unpacked("test_step", data)
        with no_recording():
            y_pred = self(x, training=False)
            loss = self._loss_of_step("test_step", x, y, y_pred, weights, training=False)
        return self._logs_of_step("test_step", x, y, y_pred, weights, loss)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> float | list[float] | Logs:
        """Return the loss of one batch, and its metrics where there are.

        Source: Keras Model.test_on_batch.
        """
        feed = self._one_batch("test_on_batch", x, y, sample_weight)
        return result_of(self._evaluate(feed, CallbackList([], self, {})), return_dict)

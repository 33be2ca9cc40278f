# SPDX-License-Identifier: BSD-3-Clause
"""compile, fit, evaluate and predict: the training loop around a layer."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from pyconv import random
from pyconv.autograd import GradientTape, Variable, no_recording
from pyconv.callbacks import Callback, CallbackList, History, ProgressLine
from pyconv.layers import Layer
from pyconv.models.compiled import Compiled, Tracker
from pyconv.models.data import ArrayBatches, Samples, as_samples

Logs = dict[str, float]


class Trainer(Layer):
    """A layer that can be trained."""

    stop_training: bool = False
    history: History | None = None
    _compiled: Compiled | None = None
    _trained: Sequence[Variable] | None = None  # settled by compile, or by the first step
    _fitting: bool = False
    _warned: bool = False  # of a loss that is not finite; once per fit
    _saved_random_state: dict[str, Any] | None = None

    def compile(self, optimizer: Any, loss: Any, *, metrics: Sequence[Any] = ()) -> None:
        """Settle how the model is trained; `trainable` flags count from here.

        Args:
            optimizer: "adam" or an Optimizer.
            loss: a name, a Loss, or a function of (y_true, y_pred).
            metrics: names ("accuracy") or Metrics; the names are the keys of History.
        Source: Keras Model.compile.
        """
        if isinstance(metrics, str):
            raise TypeError(f"compile: metrics={metrics!r}; must be a list")
        self.use_compiled(Compiled(optimizer, loss, metrics or ()))

    @property
    def compiled(self) -> Compiled | None:
        """What compile settled."""
        return self._compiled

    def use_compiled(self, compiled: Compiled) -> None:
        """Train with what another compile settled, optimizer state included."""
        self._compiled = compiled
        self._trained = self.trainable_weights if self.built else None

    def resume_random(self, state: dict[str, Any]) -> None:
        """Let the next fit with an initial_epoch go on from this random state."""
        self._saved_random_state = state

    @property
    def optimizer(self) -> Any:
        return None if self._compiled is None else self._compiled.optimizer

    @property
    def loss(self) -> Any:
        return None if self._compiled is None else self._compiled.loss

    @property
    def metrics_names(self) -> list[str]:
        """The names of what evaluate returns, once shapes are known to fit."""
        compiled = self._need_compiled("metrics_names")
        names = [m if isinstance(m, str) else m.name for m in compiled.metric_identifiers]
        return ["loss", *names]

    def fit(
        self,
        x: Any,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: tuple[Any, Any] | None = None,
        shuffle: bool = True,
        *,
        initial_epoch: int = 0,
    ) -> History:
        """Train on arrays and return the History of loss and metrics per epoch.

        Args:
            x: (n, ...) numbers of any kind; cast to the model's dtype.
            y: (n,) or (n, 1) class numbers, or (n, classes), as the loss takes them.
            batch_size: 32 by default; a smaller last batch is kept.
            verbose: 0 silent, 1 a living line per epoch, 2 one line per epoch; "auto" is 1.
            validation_split: share of x and y, taken from their end, that is not trained on.
            validation_data: (x, y) to evaluate on after each epoch.
            shuffle: draw a new order of the samples for each epoch.
            initial_epoch: where to go on; on a loaded model the random state goes on, too.
        Raises:
            ValueError: an argument out of range, or labels that are none (the first is named).
            KeyboardInterrupt: on Ctrl-C; the model and `history` keep what they have.
        Source: Keras Model.fit.
        """
        compiled = self._need_compiled("fit")
        size = _checked_batch_size("fit", batch_size)
        _check_epochs(epochs, initial_epoch)
        x, y = self._pair("fit", x, y)
        x, y, held_out = _split(x, y, validation_split)
        if validation_data is not None:
            held_out = self._pair("fit", *_checked_pair(validation_data), name="validation_")
        x, y, tracker = self._prepare("fit", compiled, x, y)
        batches = ArrayBatches(x, y, size, self.dtype)
        if initial_epoch and self._saved_random_state is not None:
            random.set_state(self._saved_random_state)
        self._saved_random_state = None
        params = {
            "epochs": epochs,
            "steps": batches.steps,
            "samples": batches.samples,
            "batch_size": size,
            "verbose": _checked_verbose("fit", verbose),
        }
        history, progress = History(), ProgressLine(params["verbose"])
        shown = [progress] if params["verbose"] else []
        calls = CallbackList([history, *(callbacks or ()), *shown], self, params)
        self.history, self.stop_training, self._warned = history, False, False
        if self._fitting:
            raise RuntimeError("fit: this model is being fitted; one fit at a time")
        self._fitting = True
        try:
            calls.call("on_train_begin", {})
            for epoch in range(initial_epoch, epochs):
                calls.call("on_epoch_begin", epoch, {})
                logs = self._train_epoch(compiled, batches, tracker, calls, shuffle)
                if held_out is not None:
                    found = self._evaluate(compiled, *held_out, size, calls=None)
                    logs.update({f"val_{name}": value for name, value in found.items()})
                calls.call("on_epoch_end", epoch, logs)
                if self.stop_training:
                    break
            calls.call("on_train_end", {})
        finally:
            progress.close()
            self._fitting = False
        return history

    def _train_epoch(
        self,
        compiled: Compiled,
        batches: ArrayBatches,
        tracker: Tracker,
        calls: CallbackList,
        shuffle: bool,
    ) -> Logs:
        tracker.reset()
        order = random.generator().permutation(batches.samples) if shuffle else None
        for step, (x, y) in enumerate(batches.epoch(order)):
            calls.call("on_train_batch_begin", step, {})
            self._train_batch(compiled, tracker, x, y, step)
            calls.call("on_train_batch_end", step, tracker.logs())
            if self.stop_training:
                break
        return tracker.logs()

    def _train_batch(
        self, compiled: Compiled, tracker: Tracker, x: Samples, y: Samples, step: int
    ) -> None:
        if self._trained is None:
            self._trained = self.trainable_weights
        with GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._trained)
            y_pred = self(x, training=True)
            loss = compiled.loss.reduce(compiled.loss.call(y, y_pred))
        gradients = tape.gradient(loss, self._trained)
        compiled.optimizer.apply(gradients, self._trained)
        value = float(loss)
        tracker.update(value, y, y_pred)
        if not math.isfinite(value) and not self._warned:
            self._warned = True
            warnings.warn(
                f"fit: the loss of batch {step} is {value}; the learning rate may be too high",
                RuntimeWarning,
                stacklevel=4,
            )

    def train_on_batch(
        self, x: Any, y: Any, *, return_dict: bool = False
    ) -> float | list[float] | Logs:
        """Make one training step and return the batch's loss, and metrics where there are."""
        compiled = self._need_compiled("train_on_batch")
        x, y, tracker = self._prepare(
            "train_on_batch", compiled, *self._pair("train_on_batch", x, y)
        )
        self._train_batch(compiled, tracker, x.astype(self.dtype, copy=False), y, 0)
        return _result(tracker.logs(), return_dict)

    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        callbacks: Sequence[Callback] | None = None,
        *,
        return_dict: bool = False,
    ) -> float | list[float] | Logs:
        """Return [loss, metrics...] over arrays, or the loss alone where there are no metrics.

        Source: Keras Model.evaluate.
        """
        compiled = self._need_compiled("evaluate")
        size = _checked_batch_size("evaluate", batch_size)
        x, y = self._pair("evaluate", x, y)
        calls = self._calls("evaluate", len(x), size, verbose, callbacks)
        return _result(self._evaluate(compiled, x, y, size, calls), return_dict)

    def _evaluate(
        self, compiled: Compiled, x: Samples, y: Samples, size: int, calls: CallbackList | None
    ) -> Logs:
        calls = CallbackList([], self, {}) if calls is None else calls
        x, y, tracker = self._prepare("evaluate", compiled, x, y)
        calls.call("on_test_begin", {})
        with no_recording():
            for step, (x_batch, y_batch) in enumerate(ArrayBatches(x, y, size, self.dtype).epoch()):
                calls.call("on_test_batch_begin", step, {})
                y_pred = self(x_batch, training=False)
                loss = compiled.loss.reduce(compiled.loss.call(y_batch, y_pred))
                tracker.update(float(loss), y_batch, y_pred)
                calls.call("on_test_batch_end", step, tracker.logs())
        logs = tracker.logs()
        calls.call("on_test_end", logs)
        return logs

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        callbacks: Sequence[Callback] | None = None,
    ) -> np.ndarray[Any, Any]:
        """Return the outputs for samples x as one NumPy array (n, ...); nothing is recorded.

        Source: Keras Model.predict.
        """
        size = _checked_batch_size("predict", batch_size)
        x = as_samples("predict", "x", x, self.dtype)
        calls = self._calls("predict", len(x), size, verbose, callbacks)
        calls.call("on_predict_begin", {})
        outputs: np.ndarray[Any, Any] | None = None
        with no_recording():
            for step, (batch, _) in enumerate(ArrayBatches(x, None, size, self.dtype).epoch()):
                calls.call("on_predict_batch_begin", step, {})
                y = self(batch, training=False).array
                if outputs is None:
                    outputs = np.empty((len(x), *y.shape[1:]), y.dtype)
                outputs[step * size : step * size + len(y)] = y
                calls.call("on_predict_batch_end", step, {})
        if outputs is None:
            outputs = np.empty(self.compute_output_shape(x.shape), self.dtype)
        calls.call("on_predict_end", {})
        return outputs

    def _calls(
        self,
        function: str,
        samples: int,
        batch_size: int,
        verbose: str | int,
        callbacks: Sequence[Callback] | None,
    ) -> CallbackList:
        shown = _checked_verbose(function, verbose)
        params = {
            "steps": -(-samples // batch_size),
            "samples": samples,
            "batch_size": batch_size,
            "verbose": shown,
        }
        progress = [ProgressLine(shown)] if shown else []
        return CallbackList([*(callbacks or ()), *progress], self, params)

    def _need_compiled(self, function: str) -> Compiled:
        if self._compiled is None:
            raise RuntimeError(f"{function}: compile the model first: model.compile('adam', loss)")
        return self._compiled

    def _pair(self, function: str, x: Any, y: Any, name: str = "") -> tuple[Samples, Samples]:
        """Return x and y as arrays of one length, at least 1."""
        x = as_samples(function, f"{name}x", x, self.dtype)
        y = as_samples(function, f"{name}y", y, "float64")
        if len(x) != len(y) or not len(x):
            raise ValueError(
                f"{function}: {name}x has {len(x)} samples and {name}y {len(y)}; "
                "must be equal and not 0"
            )
        return x, y

    def _prepare(
        self, function: str, compiled: Compiled, x: Samples, y: Samples
    ) -> tuple[Samples, Samples, Tracker]:
        """Check labels against the output, and make the weights if they are still to be made."""
        self.ensure_built((None, *x.shape[1:]))
        self.check_input(x.shape)
        shape: Any = self.compute_output_shape(x.shape)
        targets = compiled.targets(y, shape, self.dtype)
        return x, targets, compiled.tracker(y.shape, shape)


def _result(logs: Logs, return_dict: bool) -> float | list[float] | Logs:
    if return_dict:
        return logs
    values = list(logs.values())
    return values if len(values) > 1 else values[0]


def _whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _checked_batch_size(function: str, batch_size: Any) -> int:
    if batch_size is None:
        return 32
    if not _whole(batch_size) or batch_size < 1:
        raise ValueError(f"{function}: batch_size={batch_size!r}; must be an integer >= 1")
    return int(batch_size)


def _check_epochs(epochs: Any, initial_epoch: Any) -> None:
    for name, value in (("epochs", epochs), ("initial_epoch", initial_epoch)):
        if not _whole(value) or value < 0:
            raise ValueError(f"fit: {name}={value!r}; must be an integer >= 0")


def _checked_verbose(function: str, verbose: Any) -> int:
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(f"{function}: verbose={verbose!r}; must be 'auto', 0, 1 or 2")
    return int(verbose)


def _checked_pair(pair: Any) -> tuple[Any, Any]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise ValueError("fit: validation_data must be (x, y)")
    return pair[0], pair[1]


def _split(
    x: Samples, y: Samples, share: Any
) -> tuple[Samples, Samples, tuple[Samples, Samples] | None]:
    """Part the last share of the samples from the rest."""
    if isinstance(share, (bool, str)) or not 0 <= share < 1:
        raise ValueError(f"fit: validation_split={share!r}; must be in [0, 1)")
    kept = int(len(x) * (1 - share))
    if not share or kept == len(x):
        return x, y, None
    if not kept:
        raise ValueError(
            f"fit: validation_split={share} of {len(x)} samples leaves none to train on"
        )
    return x[:kept], y[:kept], (x[kept:], y[kept:])

# SPDX-License-Identifier: BSD-3-Clause
"""compile, and what the other rooms of training share: callbacks, feeds, results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyconv.autograd import Tensor, Variable
from pyconv.callbacks import Callback, CallbackList, History, ProgressLine
from pyconv.layers import Layer
from pyconv.metrics import Metric
from pyconv.models.arguments import checked_verbose, listed_callbacks
from pyconv.models.compiled import Compiled
from pyconv.models.outputs import leaves
from pyconv.models.own_step import is_own, own_loss
from pyconv.models.stepping import Step, Stepper
from pyconv.models.tracker import Logs, Tracker
from pyconv.optimizers import LossScaleOptimizer


class Compiling(Layer):
    """A layer with an optimizer, losses and metrics."""

    casts = False
    of_training = frozenset({"history", "stop_training"})
    stop_training: bool = False
    history: History | None = None
    _compiled: Compiled | None = None
    _tracker: Tracker | None = None
    _stepper: Stepper | None = None  # of the last batch that a step of the user's got
    _trained: Sequence[Variable] | None = None  # settled by compile, or by the first step
    _saved_random_state: dict[str, Any] | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Settle how the model is trained; `trainable` flags count from here.

        With several outputs each argument may be a list with an item per output or a dictionary by
        output name; one loss alone counts for all.

        Args:
            optimizer: a name such as "adam", or an Optimizer.
            loss: a name, a Loss, a function of (y_true, y_pred); None for an output without.
            loss_weights: by what the outputs' losses are multiplied in their sum.
            metrics: names ("accuracy"), Metrics, losses or functions; their names are the keys of
                History, after the output's name where there are several.
            weighted_metrics: metrics that take the weights of samples and classes into account.
            auto_scale_loss: with the policy mixed_float16 a LossScaleOptimizer stands around the
                optimizer.
            run_eagerly: on a GPU, let no step be replayed from a graph; no result depends on it.
            steps_per_execution, jit_compile: taken for the sake of Keras's programs; they change
                no result there and nothing here.
        Source: Keras Model.compile.
        """
        compiled = Compiled(optimizer, loss, metrics, loss_weights, weighted_metrics)
        scales = isinstance(compiled.optimizer, LossScaleOptimizer)
        if auto_scale_loss and not scales and self.dtype_policy.name == "mixed_float16":
            compiled.optimizer = LossScaleOptimizer(compiled.optimizer)
        compiled.run_eagerly = bool(run_eagerly)
        self.use_compiled(compiled)

    @property
    def compiled(self) -> Compiled | None:
        """What compile settled."""
        return self._compiled

    def use_compiled(self, compiled: Compiled) -> None:
        """Train with what another compile settled, optimizer state included."""
        self._compiled, self._tracker, self._stepper = compiled, None, None
        built = all(layer.built for layer in self.with_sublayers())  # it may say so before they are
        self._trained = tuple(self.trainable_weights) if built else None

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
    def metrics(self) -> list[Any]:
        """The metrics of the last fit, evaluate or step, the mean loss first, and the model's own.

        Metrics kept as attributes are the model's own; a class with steps of its own may list
        others. Each pass over data begins with all of them reset.
        """
        found = [] if self._tracker is None else list(self._tracker.metrics)
        tracked = set(map(id, found))
        own = (value for value in vars(self).values() if isinstance(value, Metric))
        return [*found, *(metric for metric in own if id(metric) not in tracked)]

    def get_metrics_result(self) -> Logs:
        """Return what `metrics` have gathered, by the names they have in logs.

        Source: Keras Trainer.get_metrics_result.
        """
        names = {} if self._tracker is None else self._tracker.names()
        return {names.get(id(metric), metric.name): metric.result() for metric in self.metrics}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """Return the sum of compile's losses and the layers' own; a class may have its own.

        The steps of fit and evaluate call a class's own, which may call this one by `super()`; so
        may a train_step of one's own. What it returns, one number, is what training makes smaller.

        Args:
            x: of the batch. training: False in evaluate. This one uses neither.
            y: labels as they were given. y_pred: what the model returned. sample_weight: or None.
        Raises:
            RuntimeError: outside of fit and evaluate. ValueError: there is no loss, or labels that
                do not fit it. TypeError: labels or outputs are missing.
        Source: Keras Model.compute_loss.
        """
        return self._stepping("compute_loss")[0].loss_of("compute_loss", y, y_pred, sample_weight)

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Add a batch to compile's metrics and return what all have gathered, by name.

        The steps of fit and evaluate call a class's own, which may call this one by `super()`.

        Args:
            x, y, y_pred, sample_weight: as in compute_loss; this one does not use x.
        Raises:
            RuntimeError: outside of fit and evaluate. ValueError, TypeError: labels or outputs that
                do not fit the metrics.
        Source: Keras Model.compute_metrics.
        """
        stepper, tracker = self._stepping("compute_metrics")
        if tracker.has_metrics:
            given = stepper.for_metrics("compute_metrics", y, y_pred, sample_weight)
            tracker.add_to_metrics(*given)
        return self.get_metrics_result()

    def _loss_of_step(
        self, function: str, x: Any, y: Any, y_pred: Any, weights: Any, *, training: bool
    ) -> Tensor:
        """Return the loss of an ordinary step."""
        stepper, _ = self._stepping(function)
        if not is_own(self.compute_loss):
            return stepper.loss_of(function, y, y_pred, weights)
        stepper.parts = [None] * stepper.outputs.number
        return own_loss(self, x, y, y_pred, weights, training=training)

    def _logs_of_step(
        self, function: str, x: Any, y: Any, y_pred: Any, weights: Any, loss: Tensor
    ) -> Logs:
        """Add what an ordinary step gave to loss and metrics, and return what they are."""
        stepper, tracker = self._stepping(function)
        step = Step(loss, stepper.parts, [])
        tracker.add_losses(*step.values(), len(stepper.outputs.of(y_pred)[0]))
        return self.compute_metrics(x, y, y_pred, weights)

    def _stepping(self, function: str) -> tuple[Stepper, Tracker]:
        """Return losses and metrics of the batch that a step of the user's got."""
        if self._stepper is None or self._tracker is None:
            raise RuntimeError(f"{function}: no batch yet; call it in train_step or test_step")
        return self._stepper, self._tracker

    def metric_directions(self) -> dict[str, str | None]:
        """Return for each name in logs whether "max" or "min" is better, None if unknown."""
        return {"loss": "min"} if self._tracker is None else self._tracker.directions()

    @property
    def metrics_names(self) -> list[str]:
        """The names of what evaluate returns; of several outputs, once data has been seen."""
        compiled = self._need_compiled("metrics_names")
        if self._tracker is not None:
            return list(self._tracker.logs())
        return ["loss", *map(name_of, leaves(compiled.metric_identifiers))]

    def _need_compiled(self, function: str) -> Compiled:
        if self._compiled is None:
            raise RuntimeError(f"{function}: compile the model first: model.compile('adam', loss)")
        return self._compiled

    def _reset_metrics(self, feed: Any) -> None:
        """Begin anew: a feed's metrics, and those that the model names beside compile's."""
        feed.own_logs = None
        if feed.tracker is not None:
            feed.tracker.reset()
        tracked = [] if self._tracker is None else [id(m) for m in self._tracker.metrics]
        for metric in self.metrics:
            if id(metric) not in tracked:
                metric.reset_state()

    def _calls(
        self,
        function: str,
        feed: Any,
        verbose: str | int,
        callbacks: Sequence[Callback] | CallbackList | None,
    ) -> CallbackList:
        """Return the callbacks of evaluate or predict, with a line of progress where asked for."""
        if isinstance(callbacks, CallbackList):
            return callbacks
        shown = checked_verbose(function, verbose)
        params = {
            "steps": feed.steps,
            "samples": feed.source.samples,
            "batch_size": feed.source.batch_size,
            "verbose": shown,
        }
        progress = [ProgressLine(shown)] if shown else []
        return CallbackList([*listed_callbacks(function, callbacks), *progress], self, params)


def name_of(metric: Any) -> str:
    """Return the name that a metric, given by name, object or function, has in logs."""
    if isinstance(metric, str):
        return metric
    return str(getattr(metric, "name", None) or getattr(metric, "__name__", "metric"))


def result_of(logs: Logs, return_dict: bool) -> float | list[float] | Logs:
    """Return logs, or their values as a list, or the loss where it stands alone.

    A step of one's own may give none: the list is empty then.
    """
    if return_dict:
        return logs
    values = list(logs.values())
    return values[0] if len(values) == 1 else values

# SPDX-License-Identifier: BSD-3-Clause
"""What compile settles: optimizer, losses and metrics, for each output of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyconv import losses, metrics, optimizers
from pyconv.arguments import finite_number
from pyconv.losses import Loss, LossFunctionWrapper
from pyconv.models.known import is_ours
from pyconv.models.outputs import Outputs, Shape, leaves, mapped
from pyconv.models.tracker import OutputMetrics, Tracker
from pyconv.optimizers import Optimizer

OPTIONAL = ("loss_weights", "weighted_metrics")


class Compiled:
    """Optimizer, losses and metrics, by name or as objects."""

    def __init__(
        self,
        optimizer: Any,
        loss: Any,
        metric_identifiers: Any = (),
        loss_weights: Any = None,
        weighted_metrics: Any = (),
    ) -> None:
        self.optimizer: Optimizer = optimizers.get(optimizer)
        self.run_eagerly = False
        self.loss: Any = _loss(loss) if _is_config(loss) else mapped(_loss, loss)
        self.loss_weights = loss_weights
        for weight in leaves(loss_weights):
            if weight is not None:
                finite_number("compile", "loss_weights", weight)
        self.metric_identifiers = _checked_metrics("metrics", metric_identifiers)
        self.weighted_identifiers = _checked_metrics("weighted_metrics", weighted_metrics)

    @property
    def may_replay(self) -> bool:
        """Whether a step may be done again without Python: no code of the user's in its loss."""
        own = (type(loss) for loss in leaves(self.loss) if loss is not None)
        return not self.run_eagerly and all(
            is_ours(kind) and kind is not LossFunctionWrapper for kind in own
        )

    def losses_of(self, outputs: Outputs) -> list[Loss | None]:
        """Return the loss of each output, None where it has none."""
        return outputs.arrange("compile", "loss", self.loss, shared=True)

    def weights_of(self, outputs: Outputs) -> list[float]:
        """Return by what each output's loss is multiplied."""
        given = outputs.arrange("compile", "loss_weights", self.loss_weights)
        return [1.0 if weight is None else float(weight) for weight in given]

    def tracker(self, outputs: Outputs, label_shapes: list[Shape | None]) -> Tracker:
        """Return a fresh Tracker for labels and outputs of these shapes."""
        names = outputs.names if outputs.number > 1 else ("",)
        tracked = []
        plain = self._metrics_of(outputs, "metrics", self.metric_identifiers)
        weighted = self._metrics_of(outputs, "weighted_metrics", self.weighted_identifiers)
        for i, (label_shape, shape) in enumerate(zip(label_shapes, outputs.shapes, strict=True)):

            def made(found: list[Any], at: Shape | None = label_shape, to: Shape = shape) -> Any:
                return [metrics.get(m, to if at is None else at, to) for m in found]

            tracked.append(OutputMetrics(names[i], made(plain[i]), made(weighted[i])))
        has_loss = [loss is not None for loss in self.losses_of(outputs)]
        return Tracker(tracked, has_loss)

    def _metrics_of(self, outputs: Outputs, argument: str, found: Any) -> list[list[Any]]:
        if outputs.number == 1:
            if isinstance(found, dict):
                return [leaves_of_output(outputs.arrange("compile", argument, found)[0])]
            return [[m for item in found for m in leaves_of_output(item)]]
        if not found:
            return [[] for _ in outputs.names]
        return [leaves_of_output(item) for item in outputs.arrange("compile", argument, found)]

    def get_config(self) -> dict[str, Any]:
        """Return the configuration in Keras's form; the user's own code in it: ValueError."""
        config: dict[str, Any] = {
            "optimizer": optimizers.serialize(self.optimizer),
            "loss": mapped(lambda x: None if x is None else losses.serialize(x), self.loss),
            "metrics": _written(self.metric_identifiers),
        }
        if self.loss_weights is not None:
            config["loss_weights"] = mapped(lambda x: x, self.loss_weights)
        if self.weighted_identifiers:
            config["weighted_metrics"] = _written(self.weighted_identifiers)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Compiled:
        """Return what `get_config` wrote down."""
        rest = set(config) - set(OPTIONAL)
        if rest != {"optimizer", "loss", "metrics"} or not isinstance(
            config["metrics"], (list, dict)
        ):
            raise ValueError(f"compile configuration has keys {sorted(config)}")
        return cls(
            config["optimizer"],
            config["loss"],
            config["metrics"],
            config.get("loss_weights"),
            config.get("weighted_metrics") or (),
        )


def _loss(identifier: Any) -> Loss | None:
    loss = None if identifier is None else losses.get(identifier)
    if loss is not None and loss.reduction == "none":
        raise ValueError(f"compile: loss {loss.name!r} has reduction='none'; must give one number")
    return loss


def _is_config(identifier: Any) -> bool:
    """Tell a configuration from a dictionary by output name."""
    return isinstance(identifier, dict) and "class_name" in identifier


def leaves_of_output(value: Any) -> list[Any]:
    """Return the metrics said for one output as a list."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]


def _checked_metrics(argument: str, given: Any) -> Any:
    """Return a list or a dictionary of identifiers, each of which exists."""
    if given is None:
        return []
    if isinstance(given, str) or not isinstance(given, (list, tuple, dict)):
        raise TypeError(f"compile: {argument}={given!r}; must be a list or dictionary")
    for item in leaves(given):
        for identifier in leaves_of_output(item):
            metrics.get(identifier, (1,), (1, 1))
    return dict(given) if isinstance(given, dict) else list(given)


def _written(identifiers: Any) -> Any:
    def one(identifier: Any) -> Any:
        if identifier is None or isinstance(identifier, (str, dict)):
            return identifier
        if isinstance(identifier, (list, tuple)):
            return [one(item) for item in identifier]
        return metrics.serialize(metrics.get(identifier, (1,), (1, 1)))

    write: Callable[[Any], Any] = one
    return mapped(write, identifiers)

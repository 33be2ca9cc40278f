# SPDX-License-Identifier: BSD-3-Clause
"""A step that a user's class of models writes itself: train_step(data) or test_step(data)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyconv.autograd import Tensor
from pyconv.models.batch import Batch
from pyconv.models.outputs import Outputs, mapped
from pyconv.models.tracker import Logs

OwnStep = Callable[[Any], Any]


def own_step(model: Any, name: str) -> OwnStep | None:
    """Return the model's method of that name, None where it leaves the step to fit."""
    step: OwnStep | None = getattr(model, name, None)
    return step


def has_own_step(model: Any) -> bool:
    """Tell whether labels go to code of the user's rather than to a loss of compile's."""
    return own_step(model, "train_step") is not None or own_step(model, "test_step") is not None


def called(step: OwnStep, batch: Batch, outputs: Outputs) -> Logs:
    """Return what a step of the user's says of a batch, as numbers by name.

    Raises:
        TypeError: it returned no dictionary, or a value that is no number.
    """
    found = step(data_of(batch, outputs))
    name = getattr(step, "__qualname__", "step")
    if not isinstance(found, dict):
        raise TypeError(
            f"{name}: returned {type(found).__name__}; must return a dictionary of numbers by name"
        )
    logs: Logs = {}
    for key, value in found.items():
        try:
            logs[str(key)] = float(value)
        except (TypeError, ValueError):
            raise TypeError(
                f"{name}: {key!r} is {type(value).__name__}; must be a number"
            ) from None
    return logs


def data_of(batch: Batch, outputs: Outputs) -> Any:
    """Return a batch as Keras hands it over: x, (x, y) or (x, y, sample_weight), in Tensors."""
    x = mapped(Tensor.wrap, batch.x)
    if all(y is None for y in batch.y):
        return x
    y = _packed(batch.y, outputs)
    if all(weights is None for weights in batch.weights):
        return x, y
    return x, y, _packed(batch.weights, outputs)


def _packed(values: list[Any], outputs: Outputs) -> Any:
    return outputs.pack([None if value is None else Tensor.wrap(value) for value in values])

# SPDX-License-Identifier: BSD-3-Clause
"""What a user's class of models writes of a step: train_step(data), test_step(data), compute_loss.

It gets labels as they were given to fit, as in Keras: no loss has looked at them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.autograd import Tensor, cast
from pyconv.backend import computes_in_16_bits, is_floating
from pyconv.layers import Layer
from pyconv.models.batch import Batch
from pyconv.models.data import as_samples, is_array
from pyconv.models.outputs import Outputs, filled, leaves, mapped
from pyconv.models.tracker import Logs

ORDINARY = "pyconv.models."  # where the steps of fit and evaluate are written
OwnStep = Callable[[Any], Any]


def own_step(model: Any, name: str) -> OwnStep | None:
    """Return the model's method of that name, None where it leaves the step to fit.

    The ordinary one is returned, too, where it has to call a part that is the class's own.
    """
    step: OwnStep = getattr(model, name)
    if is_own(step) or is_own(model.compute_loss) or is_own(model.compute_metrics):
        return step
    return None


def is_own(method: Any) -> bool:
    """Tell a method that a user wrote from those of fit and evaluate."""
    # Not `__module__`, which functools.wraps copies.
    written = getattr(method, "__globals__", {}).get("__name__", "")
    return not written.startswith(ORDINARY)


def own_loss(
    model: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any, *, training: bool
) -> Tensor:
    """Return what the class's own compute_loss says of a batch, of 32 bits at least.

    Raises:
        TypeError, ValueError: it returned something else than a Tensor of one number.
    """
    compute_loss: Callable[..., Any] = model.compute_loss
    # Keras's older signature has no `training`.
    takes = "training" in inspect.signature(compute_loss).parameters
    loss = compute_loss(x, y, y_pred, sample_weight, **({"training": training} if takes else {}))
    name = getattr(compute_loss, "__qualname__", "compute_loss")
    if not isinstance(loss, Tensor):
        raise TypeError(f"{name}: returned {type(loss).__name__}; must return a Tensor")
    if loss.shape != ():
        raise ValueError(f"{name}: returned shape {loss.shape}; must be (), one number")
    return cast(loss, np.float32) if computes_in_16_bits(loss.array) else loss


def makes_own_steps(model: Any, function: str, part: str) -> bool:
    """Tell whether the labels of a function's data, "" or "validation_", go to user code."""
    trains = function in ("fit", "train_on_batch") and not part
    return own_step(model, "train_step" if trains else "test_step") is not None


def has_call(model: Any) -> bool:
    """Tell a model that can be called from one that has steps of its own alone, such as a GAN."""
    return "call" in vars(model) or type(model).call is not Layer.call


def form_of_labels(function: str, name: str, y: Any, samples: int) -> Outputs:
    """Return labels of the user's own form as if they were a model's outputs.

    Raises:
        TypeError, ValueError: a part of them is no array of samples.
    """
    several = isinstance(y, dict) or (isinstance(y, (list, tuple)) and all(map(is_array, y)))
    if not several:
        return Outputs.of_shapes((samples,), None)
    keys = y if isinstance(y, dict) else range(len(y))
    labels = [f"{name}[{key!r}]" for key in keys]
    shapes = [
        tuple(as_samples(function, label, item, "float64").shape)
        for label, item in zip(labels, leaves(y), strict=True)
    ]
    return Outputs.of_shapes(filled(y, shapes), None)


def in_keras_s_form(y: Any, dtype: str) -> Any:
    """Return labels as a step of the user's gets them: floats in the model's dtype."""
    return y.astype(dtype, copy=False) if is_floating(y.dtype) else y


def called(step: OwnStep, batch: Batch) -> Logs:
    """Return what a step of the user's says of a batch, as numbers by name.

    Raises:
        TypeError: it returned no dictionary, or a value that is no number.
    """
    found = step(data_of(batch))
    name = getattr(step, "__qualname__", "step")
    if not isinstance(found, dict):
        raise TypeError(
            f"{name}: returned {type(found).__name__}; must return a dictionary of numbers by name"
        )
    logs: Logs = {}
    for key, value in found.items():
        try:
            if isinstance(value, (str, bytes)):  # which float would read
                raise TypeError
            logs[str(key)] = float(value)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(
                f"{name}: {key!r} is {type(value).__name__}; must be a number that a float holds"
            ) from None
    return logs


def data_of(batch: Batch) -> Any:
    """Return a batch as Keras hands it over: x, (x, y) or (x, y, sample_weight), in Tensors."""
    x = mapped(Tensor.wrap, batch.x)
    if all(y is None for y in batch.y):
        return x
    y = _packed(batch.y, batch.form)
    if all(weights is None for weights in batch.weights):
        return x, y
    return x, y, _packed(batch.weights, batch.form)


def _packed(values: list[Any], form: Outputs | None) -> Any:
    assert form is not None
    return form.pack([None if value is None else Tensor.wrap(value) for value in values])

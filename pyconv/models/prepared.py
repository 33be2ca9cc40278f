# SPDX-License-Identifier: BSD-3-Clause
"""Inputs, labels and weights made ready for a model, each check before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from pyconv.autograd import no_recording
from pyconv.backend import put
from pyconv.layers import Layer
from pyconv.losses import Loss
from pyconv.losses.loss import aligned, along
from pyconv.models.compiled import Compiled
from pyconv.models.data import Samples, as_samples, is_array
from pyconv.models.last_axis import with_last_axis
from pyconv.models.outputs import Outputs, Shape, filled, leaves, mapped
from pyconv.models.own_step import form_of_labels, has_call, in_keras_s_form, makes_own_steps


class Prepared(NamedTuple):
    """What a model takes: x in its own form, labels and weights with an item per output.

    A step of the user's may take labels of another `form`, with an item for each part of it.
    """

    x: Any
    y: list[Any]
    weights: list[Any]
    outputs: Outputs
    samples: int
    form: Outputs | None = None

    def label_shapes(self, with_loss: Sequence[int]) -> list[Shape | None]:
        """Return the shape of each output's labels, None where they are none of an output's."""
        labels = self.y
        if self.form is not None and self.form is not self.outputs:
            given = self.form.pack(self.y)
            try:
                labels = self.outputs.arrange_labels("", "y", given, with_loss)
            except ValueError:
                labels = [None] * self.outputs.number
        found = [own[0] if isinstance(own, list) and len(own) == 1 else own for own in labels]
        return [own.shape if is_array(own) else None for own in found]


def inputs_of(model: Any, function: str, x: Any, name: str = "x") -> Any:
    """Return x as the model takes it: an array, or a list or dictionary of arrays of one length.

    A list of arrays is a sample each where the model has one input, an input each elsewhere; a
    dictionary is put in the order of the model's input names. A last axis of size 1 may be there or
    not.
    """
    found, shapes = _in_own_form(model, function, x, name), model.declared_shapes()
    if isinstance(found, dict) or len(shapes) != len(leaves(found)):
        return found
    return filled(found, list(map(with_last_axis, leaves(found), shapes)))


def _in_own_form(model: Any, function: str, x: Any, name: str) -> Any:
    names = _names(model, "input_names")
    kept = model.dtype, model.device
    if isinstance(x, dict):
        own = getattr(model, "input", None)
        if names is not None and not isinstance(own, dict):
            missing = [key for key in names if key not in x]
            if missing:
                raise ValueError(f"{function}: {name} has no {missing[0]!r}; must have {names}")
            found = [x[key] for key in names]
            x = found[0] if len(found) == 1 else found
        else:
            return _one_length(
                function,
                name,
                {
                    key: as_samples(function, f"{name}[{key!r}]", item, *kept)
                    for key, item in x.items()
                },
            )
    several = names is None or len(names) > 1
    if isinstance(x, (list, tuple)) and x and all(map(is_array, x)):
        if len(x) == 1 and not several:
            x = x[0]
        elif several:
            return _one_length(
                function,
                name,
                [as_samples(function, f"{name}[{i}]", item, *kept) for i, item in enumerate(x)],
            )
    return as_samples(function, name, x, *kept)


def _names(model: Any, attribute: str) -> list[str] | None:
    """Return the model's names of its inputs or outputs, None where it has not said them."""
    found = getattr(model, attribute, None)
    if found is None and attribute == "input_names":
        inputs = getattr(model, "inputs", None)  # a Sequential's, which has no names for them
        found = None if inputs is None else [f"input_{i}" for i in range(len(inputs))]
    return None if found is None else list(found)


def _one_length(function: str, name: str, x: Any) -> Any:
    lengths = [len(array) for array in leaves(x)]
    if len(set(lengths)) != 1:
        raise ValueError(f"{function}: the arrays of {name} have {lengths} samples; must be equal")
    return x


def length_of(x: Any) -> int:
    """Return the number of samples of inputs."""
    return len(leaves(x)[0])


def prepare(
    model: Any,
    function: str,
    compiled: Compiled,
    x: Any,
    y: Any,
    weights: Any,
    class_weight: dict[int, float] | None = None,
    *,
    name: str = "",
) -> Prepared:
    """Check inputs, labels and weights against the model, and build it if it is not.

    Raises:
        ValueError: lengths, shapes, labels or weights that do not fit. TypeError: kinds.
    """
    x = inputs_of(model, function, x, f"{name}x")
    samples, own_step = length_of(x), makes_own_steps(model, function, name)
    of_labels = form_of_labels(function, f"{name}y", y, samples) if own_step else None
    outputs = of_labels
    if outputs is None or has_call(model):
        outputs = outputs_for(model, x)
    form = outputs if of_labels is None else of_labels
    # A step of the user's may use the loss or not: it is asked when it does.
    losses: list[Loss | None] = [None] * form.number if own_step else compiled.losses_of(form)
    labels = _labels(function, f"{name}y", y, form, losses, samples, model.dtype)
    if not samples:
        raise ValueError(f"{function}: {name}x has 0 samples; must have at least one")
    if isinstance(weights, (list, tuple)) and not any(map(is_array, weights)):
        weights = as_samples(function, f"{name}sample_weight", weights, model.dtype)
    given = form.arrange(function, f"{name}sample_weight", weights, shared=True)
    targets, ready = [], []
    for i, shape in enumerate(form.shapes):
        own, loss = labels[i], losses[i]
        if own_step and own is not None:
            own = in_keras_s_form(own, model.dtype)
        elif loss is not None and own is not None:
            own = loss.targets(own, shape, np.dtype(model.dtype))
        elif own is not None:
            own = aligned(own, shape)
        targets.append(own)
        ready.append(_weights(function, f"{name}sample_weight", given[i], samples, model.dtype))
        if ready[i] is not None and not own_step:
            along(function, ready[i], shape)
    if class_weight is not None:
        if weights is not None:
            raise ValueError(f"{function}: give class_weight or sample_weight, one of them")
        if form.number > 1 or targets[0] is None:
            raise ValueError(f"{function}: class_weight needs a model of one output with a loss")
        ready = [by_class(function, targets[0], class_weight, model.dtype)]
    return Prepared(x, targets, ready, outputs, samples, form)


def _labels(
    function: str,
    name: str,
    y: Any,
    outputs: Outputs,
    losses: list[Loss | None],
    samples: int,
    dtype: str,
) -> list[Any]:
    """Return labels per output; those of outputs without a loss may be missing."""
    with_loss = [i for i, loss in enumerate(losses) if loss is not None]
    found = outputs.arrange_labels(function, name, y, with_loss)
    if outputs.number == 1 and isinstance(found[0], (list, tuple)):
        listed = len(found[0]) == 1 and is_array(found[0][0])
        found = [found[0][0] if listed and samples != 1 else found[0]]
    for i, own in enumerate(found):
        label = name if outputs.number == 1 else f"{name} of {outputs.names[i]!r}"
        if own is None and i not in with_loss:
            continue
        found[i] = own = as_samples(function, label, own, dtype)
        if len(own) != samples or not samples:
            inputs = f"{name[:-1]}x"
            raise ValueError(
                f"{function}: {inputs} has {samples} samples and {label} {len(own)}; "
                "must be equal and not 0"
            )
    return found


def _weights(function: str, name: str, given: Any, samples: int, dtype: str) -> Any:
    """Return finite weights (n, ...)."""
    if given is None:
        return None
    weights = as_samples(function, name, given, dtype)
    if len(weights) != samples:
        raise ValueError(f"{function}: {name} has {len(weights)} items; must be {samples}")
    if not np.isfinite(weights).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(weights))[0])
        where = ", ".join(map(str, place))
        raise ValueError(f"{function}: {name}[{where}]={weights[place]}; must be finite")
    return weights.astype(dtype, copy=False)


def by_class(function: str, y: Samples, class_weight: dict[int, float], dtype: str) -> Samples:
    """Return the weight of each sample's class: its number, or where its one-hot row is largest."""
    if y.ndim > 1:
        y = y[..., 0] if y.shape[-1] == 1 else np.argmax(y, axis=-1)
    numbers = np.round(y).astype(np.int64)
    if numbers.ndim != 1:
        raise ValueError(f"{function}: class_weight needs one label per sample, not {y.shape}")
    weights = np.ones(len(numbers), dtype)
    for number, weight in class_weight.items():
        weights[numbers == number] = weight
    return weights


def outputs_for(model: Any, x: Any) -> Outputs:
    """Build the model for inputs and return what it makes of them."""
    shapes = mapped(lambda array: array.shape, x)
    model.ensure_built(mapped(lambda array: (None, *array.shape[1:]), x))
    model.check_input(shapes)
    names = _names(model, "output_names")
    if type(model).compute_output_shape is not Layer.compute_output_shape:
        return Outputs.of_shapes(model.compute_output_shape(shapes), names)
    key = str(mapped(lambda array: array.shape[1:], x))
    known: tuple[str, Any] | None = getattr(model, "_seen_outputs", None)
    if known is None or known[0] != key:
        known = model._seen_outputs = (key, _run_on_zeros(model, x))
    return Outputs.of_shapes(_for_samples(known[1], length_of(x)), names)


def _run_on_zeros(model: Any, x: Any) -> Any:
    """Return the shapes of one sample's outputs; this builds a model that has only `call`."""
    device = model.device

    def zeros(array: Samples) -> Samples:
        return put(np.zeros((1, *array.shape[1:]), model.dtype), device)

    sample = mapped(zeros, x)
    with no_recording():
        return mapped(lambda output: _Shape(output.shape[1:]), model(sample, training=False))


class _Shape(tuple[int, ...]):
    """The shape of one sample, told from a list of outputs."""


def _for_samples(shapes: Any, samples: int) -> Any:
    if isinstance(shapes, _Shape):
        return (samples, *shapes)
    return mapped(lambda shape: (samples, *shape), shapes)

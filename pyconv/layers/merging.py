# SPDX-License-Identifier: BSD-3-Clause
"""Layers that combine several inputs element by element: Add, Subtract, Multiply and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.broadcast import broadcast_shapes
from pyconv.layers.layer import Layer
from pyconv.layers.structure import is_shape
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


def checked_shapes(name: str, shapes: Any, least: int = 1) -> list[Shape]:
    """Return the shapes of a list of inputs; another number of inputs: ValueError."""
    if is_shape(shapes) or not isinstance(shapes, (list, tuple)) or len(shapes) < least:
        raise ValueError(f"{name}: input shape {shapes}; must be a list of {least} or more inputs")
    return [tuple(shape) for shape in shapes]


class Merge(Layer):
    """What the layers of this file share: inputs that broadcast against each other.

    Inputs of lower rank get axes of size 1 after the batch. Two sizes of an axis that differ,
    neither of them 1: ValueError.
    """

    least = 1
    combine: Callable[[Tensor, Tensor], Tensor]

    def check_input(self, shape: Any) -> None:
        self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        shapes = checked_shapes(self.name, input_shape, self.least)
        batches = {shape[0] for shape in shapes if shape} - {None}
        if len(batches) > 1 or () in shapes:
            raise ValueError(f"{self.name}: input shapes {tuple(shapes)}; batches must be equal")
        batch = batches.pop() if batches else None
        return (batch, *broadcast_shapes(self.name, [shape[1:] for shape in shapes]))

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        return reduce(type(self).combine, _of_one_rank(inputs))


def _of_one_rank(inputs: Sequence[Tensor]) -> list[Tensor]:
    rank = max(x.ndim for x in inputs)
    return [
        x
        if x.ndim == rank
        else autograd.reshape(x, (x.shape[0], *(1,) * (rank - x.ndim), *x.shape[1:]))
        for x in inputs
    ]


class Add(Merge):
    """Add the inputs.

    Source: Keras Add.
    """

    combine = staticmethod(autograd.add)


class Subtract(Merge):
    """Subtract the second of two inputs from the first.

    Source: Keras Subtract.
    """

    least = 2
    combine = staticmethod(autograd.subtract)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        if len(checked_shapes(self.name, input_shape, self.least)) != 2:
            raise ValueError(f"{self.name}: {len(input_shape)} inputs; must be 2")
        return super().compute_output_shape(input_shape)


class Multiply(Merge):
    """Multiply the inputs.

    Source: Keras Multiply.
    """

    combine = staticmethod(autograd.multiply)


class Average(Merge):
    """Take the mean of the inputs.

    Source: Keras Average.
    """

    combine = staticmethod(autograd.add)

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        return autograd.divide(super().call(inputs), len(inputs))


class Maximum(Merge):
    """Take the largest of the inputs; equals share the gradient.

    Source: Keras Maximum.
    """

    combine = staticmethod(autograd.maximum)


class Minimum(Merge):
    """Take the smallest of the inputs; equals share the gradient.

    Source: Keras Minimum.
    """

    combine = staticmethod(autograd.minimum)


def add(inputs: Sequence[Any], **base: Unpack[LayerOptions]) -> Any:
    """Return Add(**base)(inputs)."""
    return Add(**base)(inputs)


def subtract(inputs: Sequence[Any], **base: Unpack[LayerOptions]) -> Any:
    """Return Subtract(**base)(inputs)."""
    return Subtract(**base)(inputs)


def multiply(inputs: Sequence[Any], **base: Unpack[LayerOptions]) -> Any:
    """Return Multiply(**base)(inputs)."""
    return Multiply(**base)(inputs)


def average(inputs: Sequence[Any], **base: Unpack[LayerOptions]) -> Any:
    """Return Average(**base)(inputs)."""
    return Average(**base)(inputs)


def maximum(inputs: Sequence[Any], **base: Unpack[LayerOptions]) -> Any:
    """Return Maximum(**base)(inputs)."""
    return Maximum(**base)(inputs)


def minimum(inputs: Sequence[Any], **base: Unpack[LayerOptions]) -> Any:
    """Return Minimum(**base)(inputs)."""
    return Minimum(**base)(inputs)

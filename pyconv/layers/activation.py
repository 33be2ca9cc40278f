# SPDX-License-Identifier: BSD-3-Clause
"""Activation, ELU and Softmax: activations as layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from pyconv import activations, autograd
from pyconv.arguments import finite_number
from pyconv.autograd import Tensor
from pyconv.geometry import whole_number
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Activation(Layer):
    """Apply a function by name or as given.

    Source: Keras Activation.
    """

    structures = (list, tuple)  # which become one array, as in Keras

    def __init__(
        self, activation: str | activations.Activation, **base: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**base)
        self.activation = activations.get(activation)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if self.activation is not activations.glu or not input_shape or input_shape[-1] is None:
            return input_shape
        return (*input_shape[:-1], input_shape[-1] // 2)  # odd sizes are refused by the call

    def call(self, x: Tensor) -> Tensor:
        return activations.applied(self.name, self.activation, x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class ELU(Layer):
    """Apply x where x > 0, alpha (e^x - 1) elsewhere.

    Source: Keras ELU.
    """

    structures = (list, tuple)  # which become one array, as in Keras

    def __init__(self, alpha: float = 1.0, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        self.alpha = finite_number("ELU", "alpha", alpha)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return autograd.elu(x, self.alpha)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}


class Softmax(Layer):
    """Turn logits into probabilities that sum to 1 over an axis, or over several together.

    Source: Keras Softmax, without a mask.
    """

    structures = (list, tuple)  # which become one array, as in Keras

    def __init__(self, axis: int | Sequence[int] = -1, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        several = isinstance(axis, (tuple, list))
        self._axes = [
            whole_number("Softmax", "axis", one, -32)
            for one in (cast("Sequence[int]", axis) if several else (axis,))
        ]
        if not self._axes:
            raise ValueError(f"Softmax: axis={axis!r}; must have at least one axis")
        self.axis = tuple(self._axes) if several else self._axes[0]

    def check_input(self, shape: Shape) -> None:
        for axis in self._axes:
            if not -len(shape) <= axis < len(shape):
                raise ValueError(f"{self.name}: input shape {shape} has no axis {axis}")
        if len({axis % len(shape) for axis in self._axes}) < len(self._axes):
            raise ValueError(f"{self.name}: axis={self.axis}; must differ for shape {shape}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        if len(self._axes) == 1:
            return autograd.softmax(x, self._axes[0])
        together = sorted(axis % x.ndim for axis in self._axes)
        order = [axis for axis in range(x.ndim) if axis not in together] + together
        moved = autograd.transpose(x, order)
        rows = autograd.reshape(moved, (*moved.shape[: -len(together)], -1))
        y = autograd.reshape(autograd.softmax(rows), moved.shape)
        return autograd.transpose(y, [order.index(axis) for axis in range(x.ndim)])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}

# SPDX-License-Identifier: BSD-3-Clause
"""Activation, ELU and Softmax: functions of an input's own shape as layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return self.activation(x)

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
    """Turn logits into probabilities that sum to 1 over an axis.

    Source: Keras Softmax, one axis.
    """

    structures = (list, tuple)  # which become one array, as in Keras

    def __init__(self, axis: int = -1, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        self.axis = whole_number("Softmax", "axis", axis, -32)

    def check_input(self, shape: Shape) -> None:
        if not -len(shape) <= self.axis < len(shape):
            raise ValueError(f"{self.name}: input shape {shape} has no axis {self.axis}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return autograd.softmax(x, self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}

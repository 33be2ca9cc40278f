# SPDX-License-Identifier: BSD-3-Clause
"""Activation: an element-wise function, or softmax, as a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import activations
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.layer import LayerOptions


class Activation(Layer):
    """Apply a function by name or as given.

    Source: Keras Activation.
    """

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

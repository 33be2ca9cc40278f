# SPDX-License-Identifier: BSD-3-Clause
"""Dense: y = activation(x @ kernel + bias)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd, initializers
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import whole_number
from pyconv.layers.layer import Layer, checked_bool
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.layer import LayerOptions


class Dense(Layer):
    """Join every input of a sample to every unit; acts on the last axis.

    Weights: kernel (inputs, units), and bias (units,) with `use_bias`.
    Source: Keras Dense.
    """

    bias: Variable | None = None
    kernel: Variable

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        self.units = whole_number("Dense", "units", units, 1)
        self.activation = activations.get(activation)
        self.use_bias = checked_bool("Dense", "use_bias", use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self._fused = activations.fused_name(self.activation)

    def build(self, input_shape: Shape) -> None:
        inputs = input_shape[-1] if len(input_shape) > 1 else None
        if inputs is None:
            raise ValueError(f"{self.name}: input shape {input_shape}; the last size must be known")
        self.kernel = self.add_weight((inputs, self.units), self.kernel_initializer, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self.units,), self.bias_initializer, name="bias")

    def check_input(self, shape: Shape) -> None:
        if len(shape) < 2 or shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"{self.name}: input shape {shape}; expected (n, ..., {self.kernel.shape[0]})"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def call(self, x: Tensor) -> Tensor:
        rows = x if x.ndim == 2 else autograd.reshape(x, (-1, x.shape[-1]))
        y = autograd.dense(rows, self.kernel, self.bias, activation=self._fused)
        if x.ndim != 2:
            y = autograd.reshape(y, (*x.shape[:-1], self.units))
        return y if self._fused else self.activation(y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            "activation": activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": initializers.serialize(self.kernel_initializer),
            "bias_initializer": initializers.serialize(self.bias_initializer),
        }

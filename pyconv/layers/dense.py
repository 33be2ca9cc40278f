# SPDX-License-Identifier: BSD-3-Clause
"""Dense: y = activation(x @ kernel + bias)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import whole_number
from pyconv.layers.kernel_layer import KernelLayer, WeightOptions
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions


class Dense(KernelLayer):
    """Join every input of a sample to every unit; acts on the last axis.

    Weights: kernel (inputs, units), and bias (units,) with `use_bias`.
    Source: Keras Dense.
    """

    kernel: Variable

    def __init__(
        self,
        units: int,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **base: Unpack[BaseOptions],
    ) -> None:
        bias = WeightOptions(bias_initializer, bias_regularizer, bias_constraint)
        super().__init__(activation, use_bias, bias, activity_regularizer, **base)
        self.units = whole_number("Dense", "units", units, 1)
        self.kernel_options = WeightOptions(
            kernel_initializer, kernel_regularizer, kernel_constraint
        )

    def build(self, input_shape: Shape) -> None:
        inputs = input_shape[-1] if len(input_shape) > 1 else None
        if inputs is None:
            raise ValueError(f"{self.name}: input shape {input_shape}; the last size must be known")
        self.kernel = self.kernel_options.add_to(self, (inputs, self.units), "kernel")
        self.add_bias(self.units)

    def check_input(self, shape: Shape) -> None:
        if len(shape) < 2 or shape[-1] != self.kernel.shape[0]:
            raise ValueError(
                f"{self.name}: input shape {shape}; expected (n, ..., {self.kernel.shape[0]})"
            )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (*input_shape[:-1], self.units)

    def algorithm(self, input_shape: Shape) -> str:
        return "gemm"

    def flop(self, input_shape: Shape, output_shape: tuple[int, ...]) -> int:
        return 2 * math.prod(output_shape) * self.kernel.shape[0]

    def call(self, x: Tensor) -> Tensor:
        return self._joined(x, self.kernel)

    def _joined(self, x: Tensor, kernel: Tensor) -> Tensor:
        samples = math.prod(x.shape[:-1])
        rows = x if x.ndim == 2 else autograd.reshape(x, (samples, x.shape[-1]))
        y = autograd.dense(rows, kernel, self.bias, activation=self._fused)
        if x.ndim != 2:
            y = autograd.reshape(y, (*x.shape[:-1], self.units))
        return self.activated(y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "units": self.units,
            **self.kernel_options.get_config("kernel"),
        }

# SPDX-License-Identifier: BSD-3-Clause
"""Conv2D: y[n, i, j, f] = activation(bias[f] + sum of window (i, j) * kernel[..., f])."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import DataFormat, IntPair, Padding, Window, whole_number
from pyconv.layers.convolution import Convolution
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.symbolic import Shape
from pyconv.ops.conv2d import algorithm_of
from pyconv.ops.windows import conv_window

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions
    from pyconv.ops.activation import ActivationName


class Conv2D(Convolution):
    """Convolve images with learned filters. Shapes and errors as in ops.conv2d.

    Weights: kernel (kh, kw, c // groups, filters), and bias (filters,) with `use_bias`.
    Source: Keras Conv2D.
    """

    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: IntPair,
        strides: IntPair = (1, 1),
        padding: Padding = "valid",
        data_format: DataFormat | None = None,
        dilation_rate: IntPair = (1, 1),
        groups: int = 1,
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
        super().__init__(
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            WeightOptions(bias_initializer, bias_regularizer, bias_constraint),
            activity_regularizer,
            **base,
        )
        self.filters = whole_number("Conv2D", "filters", filters, 1)
        self.groups = whole_number("Conv2D", "groups", groups, 1)
        self.kernel_options = WeightOptions(
            kernel_initializer, kernel_regularizer, kernel_constraint
        )
        self.check_geometry(self.groups)

    def window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        channels = self.channels(input_shape) or 1
        return conv_window(
            name or self.name,
            input_shape,
            (*self.kernel_size, channels // self.groups, self.filters),
            self.strides,
            self.padding,
            self.dilation_rate,
            self.groups,
            self.data_format,
        )

    def expected_channels(self) -> int:
        return self.kernel.shape[2] * self.groups

    def build(self, input_shape: Shape) -> None:
        channels = self.known_channels(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{self.name}: input shape {input_shape} has {channels} channels; must be a "
                f"multiple of groups={self.groups}"
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.kernel_options.add_to(self, shape, "kernel")
        self.add_bias(self.filters)

    def algorithm(self, input_shape: tuple[int, ...]) -> str:
        return algorithm_of(self.kernel.array, self.window(input_shape))

    def flop(self, input_shape: Shape, output_shape: tuple[int, ...]) -> int:
        return 2 * math.prod(output_shape) * math.prod(self.kernel.shape[:3])

    def call(self, x: Tensor) -> Tensor:
        return self.activated(self.convolve(x, self.kernel, self.bias, self._fused, self.padding))

    def convolve(
        self, x: Tensor, kernel: Any, bias: Any, activation: ActivationName, padding: Padding
    ) -> Tensor:
        """Return x convolved as this layer does, with the given weights and padding."""
        return autograd.conv2d(
            x,
            kernel,
            bias,
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            groups=self.groups,
            data_format=self.data_format,
            activation=activation,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "groups": self.groups,
            **self.kernel_options.get_config("kernel"),
        }

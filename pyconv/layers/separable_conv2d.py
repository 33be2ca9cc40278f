# SPDX-License-Identifier: BSD-3-Clause
"""SeparableConv2D: a depthwise convolution, then a 1x1 one that mixes its channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import DataFormat, IntPair, Padding, Window, whole_number
from pyconv.layers.convolution import Convolution
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.symbolic import Shape
from pyconv.ops.windows import conv_window

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions


class SeparableConv2D(Convolution):
    """Convolve channels apart, then mix them. Shapes and errors as in ops.separable_conv2d.

    Weights: depthwise_kernel (kh, kw, c, depth_multiplier), pointwise_kernel (1, 1,
    c * depth_multiplier, filters), and bias (filters,) with `use_bias`.
    Source: Keras SeparableConv2D.
    """

    depthwise_kernel: Variable
    pointwise_kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: IntPair,
        strides: IntPair = (1, 1),
        padding: Padding = "valid",
        data_format: DataFormat | None = None,
        dilation_rate: IntPair = (1, 1),
        depth_multiplier: int = 1,
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        pointwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
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
        kind = "SeparableConv2D"
        self.filters = whole_number(kind, "filters", filters, 1)
        self.depth_multiplier = whole_number(kind, "depth_multiplier", depth_multiplier, 1)
        self.depthwise_options = WeightOptions(
            depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self.pointwise_options = WeightOptions(
            pointwise_initializer, pointwise_regularizer, pointwise_constraint
        )
        self.check_geometry()

    def window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        # The depthwise part's window gives the sizes; the filters are the pointwise part's.
        return conv_window(
            name or self.name,
            input_shape,
            (*self.kernel_size, self.channels(input_shape) or 1, self.filters),
            self.strides,
            self.padding,
            self.dilation_rate,
            1,
            self.data_format,
        )

    def expected_channels(self) -> int:
        return self.depthwise_kernel.shape[2]

    def build(self, input_shape: Shape) -> None:
        channels = self.known_channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.depthwise_kernel = self.depthwise_options.add_to(self, shape, "depthwise_kernel")
        shape = (1, 1, channels * self.depth_multiplier, self.filters)
        self.pointwise_kernel = self.pointwise_options.add_to(self, shape, "pointwise_kernel")
        self.add_bias(self.filters)

    def algorithm(self, input_shape: Shape) -> str:
        return "depthwise, direct"

    def flop(self, input_shape: Shape, output_shape: tuple[int, ...]) -> int:
        between = self.pointwise_kernel.shape[2]
        pixels = math.prod(output_shape) // self.filters
        return 2 * pixels * between * (math.prod(self.kernel_size) + self.filters)

    def call(self, x: Tensor) -> Tensor:
        y = autograd.separable_conv2d(
            x,
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.bias,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
            activation=self._fused,
        )
        return self.activated(y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "depth_multiplier": self.depth_multiplier,
            **self.depthwise_options.get_config("depthwise"),
            **self.pointwise_options.get_config("pointwise"),
        }

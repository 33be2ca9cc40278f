# SPDX-License-Identifier: BSD-3-Clause
"""DepthwiseConv2D: every channel is convolved with filters of its own."""

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
    from pyconv.ops.activation import ActivationName


class DepthwiseConv2D(Convolution):
    """Convolve each channel by itself. Shapes and errors as in ops.depthwise_conv2d.

    Weights: kernel (kh, kw, c, depth_multiplier), and bias (c * depth_multiplier,) with `use_bias`.
    Source: Keras DepthwiseConv2D.
    """

    kernel: Variable

    def __init__(
        self,
        kernel_size: IntPair,
        strides: IntPair = (1, 1),
        padding: Padding = "valid",
        depth_multiplier: int = 1,
        data_format: DataFormat | None = None,
        dilation_rate: IntPair = (1, 1),
        activation: str | activations.Activation | None = None,
        use_bias: bool = True,
        depthwise_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        depthwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
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
        self.depth_multiplier = whole_number(
            "DepthwiseConv2D", "depth_multiplier", depth_multiplier, 1
        )
        self.depthwise_options = WeightOptions(
            depthwise_initializer, depthwise_regularizer, depthwise_constraint
        )
        self.check_geometry()

    def window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        channels = self.channels(input_shape) or 1
        return conv_window(
            name or self.name,
            input_shape,
            (*self.kernel_size, 1, channels * self.depth_multiplier),
            self.strides,
            self.padding,
            self.dilation_rate,
            channels,
            self.data_format,
        )

    def expected_channels(self) -> int:
        return self.kernel.shape[2]

    def build(self, input_shape: Shape) -> None:
        channels = self.known_channels(input_shape)
        shape = (*self.kernel_size, channels, self.depth_multiplier)
        self.kernel = self.depthwise_options.add_to(self, shape, "kernel")
        self.add_bias(channels * self.depth_multiplier)

    def algorithm(self, input_shape: Shape) -> str:
        return "depthwise"

    def flop(self, input_shape: Shape, output_shape: tuple[int, ...]) -> int:
        return 2 * math.prod(output_shape) * math.prod(self.kernel_size)

    def call(self, x: Tensor) -> Tensor:
        return self.activated(self.convolve(x, self.kernel, self.bias, self._fused, self.padding))

    def convolve(
        self, x: Tensor, kernel: Any, bias: Any, activation: ActivationName, padding: Padding
    ) -> Tensor:
        """Return x convolved as this layer does, with the given weights and padding."""
        return autograd.depthwise_conv2d(
            x,
            kernel,
            bias,
            strides=self.strides,
            padding=padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
            activation=activation,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "depth_multiplier": self.depth_multiplier,
            **self.depthwise_options.get_config("depthwise"),
        }

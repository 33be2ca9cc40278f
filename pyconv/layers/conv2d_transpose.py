# SPDX-License-Identifier: BSD-3-Clause
"""Conv2DTranspose: the adjoint of a convolution, which makes images larger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import DataFormat, IntPair, Padding, Window, normalise_pair, whole_number
from pyconv.layers.convolution import Convolution
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.symbolic import Shape
from pyconv.ops.windows import conv_transpose_window

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions


class Conv2DTranspose(Convolution):
    """Send every pixel through learned filters. Shapes and errors as in ops.conv2d_transpose.

    Weights: kernel (kh, kw, filters, c), and bias (filters,) with `use_bias`.
    Source: Keras Conv2DTranspose.
    """

    kernel: Variable

    def __init__(
        self,
        filters: int,
        kernel_size: IntPair,
        strides: IntPair = (1, 1),
        padding: Padding = "valid",
        output_padding: IntPair | None = None,
        data_format: DataFormat | None = None,
        dilation_rate: IntPair = (1, 1),
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
        self.filters = whole_number("Conv2DTranspose", "filters", filters, 1)
        self.output_padding = (
            None
            if output_padding is None
            else normalise_pair("Conv2DTranspose", "output_padding", output_padding, 0)
        )
        self.kernel_options = WeightOptions(
            kernel_initializer, kernel_regularizer, kernel_constraint
        )
        self.check_geometry()

    def window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        return conv_transpose_window(
            name or self.name,
            input_shape,
            (*self.kernel_size, self.filters, self.channels(input_shape) or 1),
            self.strides,
            self.padding,
            self.output_padding,
            self.dilation_rate,
            self.data_format,
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        first = self.data_format == "channels_first"
        self._check_rank(input_shape)
        n, *rest = input_shape
        sizes = rest[1:] if first else rest[:2]
        known = [1 if size is None else size for size in sizes]
        image = [self.expected_channels(), *known] if first else [*known, self.expected_channels()]
        window = self.window((1, *image))
        found = [
            None if size is None else output
            for size, output in zip(sizes, (window.h, window.w), strict=True)
        ]
        return (n, self.filters, *found) if first else (n, *found, self.filters)

    def expected_channels(self) -> int:
        return self.kernel.shape[3]

    def build(self, input_shape: Shape) -> None:
        shape = (*self.kernel_size, self.filters, self.known_channels(input_shape))
        self.kernel = self.kernel_options.add_to(self, shape, "kernel")
        self.add_bias(self.filters)

    def algorithm(self, input_shape: Shape) -> str:
        return "direct"

    def flop(self, input_shape: Shape, output_shape: tuple[int, ...]) -> int:
        return 2 * math.prod(size or 0 for size in input_shape) * math.prod(self.kernel.shape[:3])

    def call(self, x: Tensor) -> Tensor:
        y = autograd.conv2d_transpose(
            x,
            self.kernel,
            self.bias,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            dilation_rate=self.dilation_rate,
            data_format=self.data_format,
            activation=self._fused,
        )
        return self.activated(y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "output_padding": self.output_padding,
            **self.kernel_options.get_config("kernel"),
        }

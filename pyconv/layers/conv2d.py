# SPDX-License-Identifier: BSD-3-Clause
"""Conv2D: y[n, i, j, f] = activation(bias[f] + sum of window (i, j) * kernel[..., f])."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pyconv import activations, autograd
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import DataFormat, IntPair, Padding, Window, normalise_pair, whole_number
from pyconv.layers.kernel_layer import KernelLayer, WeightOptions
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, window_output_shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.layer import BaseOptions


class Conv2D(KernelLayer):
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
        bias = WeightOptions(bias_initializer, bias_regularizer, bias_constraint)
        super().__init__(activation, use_bias, bias, activity_regularizer, **base)
        self.filters = whole_number("Conv2D", "filters", filters, 1)
        self.groups = whole_number("Conv2D", "groups", groups, 1)
        self.kernel_size = normalise_pair("Conv2D", "kernel_size", kernel_size, 1)
        self.strides = normalise_pair("Conv2D", "strides", strides, 1)
        self.dilation_rate = normalise_pair("Conv2D", "dilation_rate", dilation_rate, 1)
        self.padding = padding
        self.data_format = checked_data_format("Conv2D", data_format)
        self.kernel_options = WeightOptions(
            kernel_initializer, kernel_regularizer, kernel_constraint
        )
        self._check_geometry()

    def _check_geometry(self) -> None:
        """Refuse options that fit no image, before there is one."""
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        image = (
            [self.groups, *reach] if self.data_format == "channels_first" else [*reach, self.groups]
        )
        self._window((1, *image), "Conv2D")

    def _window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        channels = self._channels(input_shape) or 1
        return Window.conv(
            name or self.name,
            input_shape,
            (*self.kernel_size, channels // self.groups, self.filters),
            self.strides,
            self.padding,
            self.dilation_rate,
            self.groups,
            self.data_format,
        )

    def _channels(self, shape: Shape) -> int | None:
        return shape[1 if self.data_format == "channels_first" else -1]

    def build(self, input_shape: Shape) -> None:
        self._check_rank(input_shape)
        channels = self._channels(input_shape)
        if channels is None or channels % self.groups:
            raise ValueError(
                f"{self.name}: input shape {input_shape} has {channels} channels; must be a "
                f"multiple of groups={self.groups}"
            )
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.kernel_options.add_to(self, shape, "kernel")
        self.add_bias(self.filters)

    def _check_rank(self, shape: Shape) -> None:
        if len(shape) != 4:
            axes = "(n, c, h, w)" if self.data_format == "channels_first" else "(n, h, w, c)"
            raise ValueError(f"{self.name}: input shape {shape}; must be {axes}")

    def check_input(self, shape: tuple[int, ...]) -> None:
        self._check_rank(shape)
        expected = self.kernel.shape[2] * self.groups
        if self._channels(shape) != expected:
            raise ValueError(
                f"{self.name}: input shape {shape} has {self._channels(shape)} channels; "
                f"expected {expected}"
            )
        if None not in shape:
            self._window(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._check_rank(input_shape)
        return window_output_shape(self._window, input_shape, self.data_format)

    @property
    def algorithm(self) -> str:
        return "direct"

    def flop(self, input_shape: Shape, output_shape: tuple[int, ...]) -> int:
        return 2 * math.prod(output_shape) * math.prod(self.kernel.shape[:3])

    def call(self, x: Tensor) -> Tensor:
        y = autograd.conv2d(
            x,
            self.kernel,
            self.bias,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            groups=self.groups,
            data_format=self.data_format,
            activation=self._fused,
        )
        return self.activated(y)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
            "groups": self.groups,
            **self.kernel_options.get_config("kernel"),
        }

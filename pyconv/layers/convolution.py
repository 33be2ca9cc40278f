# SPDX-License-Identifier: BSD-3-Clause
"""What all convolution layers share: their geometry, and how it meets the shapes of images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import activations
from pyconv.arguments import padding_in_small
from pyconv.geometry import DataFormat, IntPair, Padding, Window, normalise_pair
from pyconv.layers.kernel_layer import KernelLayer, WeightOptions
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, window_output_shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions


class Convolution(KernelLayer):
    """A KernelLayer whose kernel stands on windows of images; a subclass gives the window.

    Args:
        kernel_size, strides, dilation_rate: int or (vertical, horizontal), pixels.
        padding: as the layer's operation takes it.
    """

    def __init__(
        self,
        kernel_size: IntPair,
        strides: IntPair,
        padding: Padding,
        data_format: DataFormat | None,
        dilation_rate: IntPair,
        activation: str | activations.Activation | None,
        use_bias: bool,
        bias: WeightOptions,
        activity_regularizer: Any = None,
        **base: Unpack[BaseOptions],
    ) -> None:
        super().__init__(activation, use_bias, bias, activity_regularizer, **base)
        kind = type(self).__name__
        self.kernel_size = normalise_pair(kind, "kernel_size", kernel_size, 1)
        self.strides = normalise_pair(kind, "strides", strides, 1)
        self.dilation_rate = normalise_pair(kind, "dilation_rate", dilation_rate, 1)
        self.padding = padding_in_small(padding)
        self.data_format = checked_data_format(kind, data_format)

    def window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        """Return the checked window for images of a shape; `name` is what errors call it."""
        raise NotImplementedError(f"{type(self).__name__} must define window")

    def expected_channels(self) -> int:
        """Return the channels that the weights fit."""
        raise NotImplementedError(f"{type(self).__name__} must define expected_channels")

    def check_geometry(self, channels: int = 1) -> None:
        """Refuse options that fit no image, before there is one."""
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation_rate, strict=True)]
        image = [channels, *reach] if self.data_format == "channels_first" else [*reach, channels]
        self.window((1, *image), type(self).__name__)

    def channels(self, shape: Shape) -> int | None:
        return shape[1 if self.data_format == "channels_first" else -1]

    def known_channels(self, shape: Shape) -> int:
        """Return the channels of an input shape, which must be known when weights are made."""
        self._check_rank(shape)
        channels = self.channels(shape)
        if channels is None:
            raise ValueError(f"{self.name}: input shape {shape}; its channels must be known")
        return channels

    def _check_rank(self, shape: Shape) -> None:
        if len(shape) != 4:
            axes = "(n, c, h, w)" if self.data_format == "channels_first" else "(n, h, w, c)"
            raise ValueError(f"{self.name}: input shape {shape}; must be {axes}")

    def check_input(self, shape: tuple[int, ...]) -> None:
        self._check_rank(shape)
        if self.channels(shape) != self.expected_channels():
            raise ValueError(
                f"{self.name}: input shape {shape} has {self.channels(shape)} channels; "
                f"expected {self.expected_channels()}"
            )
        if None not in shape:
            self.window(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._check_rank(input_shape)
        return window_output_shape(self.window, input_shape, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "data_format": self.data_format,
            "dilation_rate": self.dilation_rate,
        }

# SPDX-License-Identifier: BSD-3-Clause
"""What layers that pool over windows share: their options, shapes and configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pyconv.arguments import padding_in_small
from pyconv.geometry import DataFormat, IntPair, Padding, Window, normalise_pair
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format, window_output_shape
from pyconv.ops.windows import pool_window

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Pooling2D(Layer):
    """The base of MaxPooling2D, MinPooling2D and AveragePooling2D, which define `call`."""

    def __init__(
        self,
        pool_size: IntPair = (2, 2),
        strides: IntPair | None = None,
        padding: Padding = "valid",
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        kind = type(self).__name__
        self.pool_size = normalise_pair(kind, "pool_size", pool_size, 1)
        steps = self.pool_size if strides is None else strides
        self.strides = normalise_pair(kind, "strides", steps, 1)
        self.padding = padding_in_small(padding)
        self.data_format = checked_data_format(kind, data_format)
        first = self.data_format == "channels_first"
        self.window((1, 1, *self.pool_size) if first else (1, *self.pool_size, 1), kind)

    def window(self, input_shape: tuple[int, ...], name: str | None = None) -> Window:
        """Return the checked window for images of a shape; `name` is what errors call it."""
        return pool_window(
            name or self.name,
            input_shape,
            self.pool_size,
            self.strides,
            self.padding,
            self.data_format,
            False,
        )

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")
        if None not in shape:
            self.window(cast("tuple[int, ...]", shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        return window_output_shape(self.window, input_shape, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }

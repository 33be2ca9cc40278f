# SPDX-License-Identifier: BSD-3-Clause
"""GlobalAveragePooling2D and GlobalMaxPooling2D: one number for every channel of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import checked_flag
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class GlobalPooling2D(Layer):
    """What both share: (n, h, w, c) becomes (n, c), or (n, 1, 1, c) with keepdims."""

    def __init__(
        self,
        data_format: DataFormat | None = None,
        keepdims: bool = False,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        kind = type(self).__name__
        self.data_format = checked_data_format(kind, data_format)
        self.keepdims = checked_flag(kind, "keepdims", keepdims)

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self.check_input(input_shape)
        first = self.data_format == "channels_first"
        n, c = input_shape[0], input_shape[1 if first else 3]
        if not self.keepdims:
            return (n, c)
        return (n, c, 1, 1) if first else (n, 1, 1, c)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "data_format": self.data_format,
            "keepdims": self.keepdims,
        }


class GlobalAveragePooling2D(GlobalPooling2D):
    """Return the mean of every channel. Shapes and errors as in ops.global_avg_pool2d.

    Source: Keras GlobalAveragePooling2D.
    """

    def call(self, x: Tensor) -> Tensor:
        return autograd.global_avg_pool2d(x, keepdims=self.keepdims, data_format=self.data_format)


class GlobalMaxPooling2D(GlobalPooling2D):
    """Keep the largest pixel of every channel. Shapes and errors as in ops.global_max_pool2d.

    Of equal pixels the first gets the gradient; in Keras they share it.
    Source: Keras GlobalMaxPooling2D.
    """

    def call(self, x: Tensor) -> Tensor:
        return autograd.global_max_pool2d(x, keepdims=self.keepdims, data_format=self.data_format)


# Keras's second spellings.
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalMaxPool2D = GlobalMaxPooling2D

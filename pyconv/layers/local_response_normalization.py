# SPDX-License-Identifier: BSD-3-Clause
"""LocalResponseNormalization: every element divided by a power of its near channels' squares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.geometry import DataFormat
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.layers.window import checked_data_format
from pyconv.ops.local_response_norm import checked_options

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class LocalResponseNormalization(Layer):
    """Return x / (k + alpha sum of x^2 over `size` near channels)^beta of images (n, h, w, c).

    Source: AlexNet, Krizhevsky 2012, 3.3; Keras has no such layer.
    """

    def __init__(
        self,
        size: int = 5,
        k: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        data_format: DataFormat | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        kind = "LocalResponseNormalization"
        self.size, self.k, self.alpha, self.beta = checked_options(kind, size, k, alpha, beta)
        self.data_format = checked_data_format(kind, data_format)

    def check_input(self, shape: Shape) -> None:
        if len(shape) != 4:
            raise ValueError(f"{self.name}: input shape {shape}; must have 4 axes")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return autograd.local_response_norm(
            x,
            size=self.size,
            k=self.k,
            alpha=self.alpha,
            beta=self.beta,
            data_format=self.data_format,
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "size": self.size,
            "k": self.k,
            "alpha": self.alpha,
            "beta": self.beta,
            "data_format": self.data_format,
        }

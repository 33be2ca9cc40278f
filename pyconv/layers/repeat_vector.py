# SPDX-License-Identifier: BSD-3-Clause
"""RepeatVector: (n, c) becomes (n, times, c)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class RepeatVector(Layer):
    """Repeat each sample, a vector, n times along a new axis.

    Source: Keras RepeatVector.
    """

    def __init__(self, n: int, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        if not isinstance(n, int) or isinstance(n, bool):
            raise TypeError(f"RepeatVector: n={n!r}; must be an integer")
        if not 1 <= n < 2**31:
            raise ValueError(f"RepeatVector: n={n}; must be >= 1")
        self.n = n

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 2:
            raise ValueError(f"{self.name}: input shape {input_shape}; must have 2 axes")
        return (input_shape[0], self.n, input_shape[1])

    def call(self, x: Tensor) -> Tensor:
        return autograd.broadcast_to(autograd.expand_dims(x, 1), (x.shape[0], self.n, x.shape[1]))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}

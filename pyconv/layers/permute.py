# SPDX-License-Identifier: BSD-3-Clause
"""Permute: the axes of every sample in another order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import LARGEST, items_of, whole_number
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Permute(Layer):
    """Reorder the axes of each sample: (2, 1) swaps two; the batch is axis 0 and stays.

    Source: Keras Permute.
    """

    def __init__(self, dims: Sequence[int], **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        given = items_of("Permute", "dims", dims)
        self.dims = tuple(whole_number("Permute", "dims", d, -LARGEST) for d in given)
        if sorted(self.dims) != [*range(1, len(given) + 1)]:
            raise ValueError(f"Permute: dims={dims}; must be 1 to {len(given)} in any order")

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != len(self.dims) + 1:
            raise ValueError(
                f"{self.name}: input shape {input_shape}; must have {len(self.dims) + 1} axes"
            )
        return (input_shape[0], *(input_shape[d] for d in self.dims))

    def call(self, x: Tensor) -> Tensor:
        return autograd.transpose(x, (0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}

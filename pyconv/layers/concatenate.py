# SPDX-License-Identifier: BSD-3-Clause
"""Concatenate: inputs one after the other along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import LARGEST, checked_axis, whole_number
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.merging import checked_shapes
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Concatenate(Layer):
    """Join a list of inputs whose sizes agree on all axes but one.

    Source: Keras Concatenate.
    """

    def __init__(self, axis: int = -1, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        self.axis = whole_number("Concatenate", "axis", axis, -LARGEST)

    def check_input(self, shape: Any) -> None:
        self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        shapes = checked_shapes(self.name, input_shape)
        rank = len(shapes[0])
        axis = checked_axis(self.name, self.axis, rank)
        result: list[int | None] = []
        for i, sizes in enumerate(zip(*shapes, strict=False)):
            known = [size for size in sizes if size is not None]
            if i == axis:
                result.append(sum(known) if len(known) == len(sizes) else None)
            elif len(set(known)) > 1:
                break
            else:
                result.append(known[0] if known else None)
        if len(result) < rank or any(len(shape) != rank for shape in shapes):
            raise ValueError(
                f"{self.name}: input shapes {tuple(shapes)}; must agree on all axes but {self.axis}"
            )
        return tuple(result)

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        return autograd.concatenate(inputs, self.axis)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


def concatenate(inputs: Sequence[Any], axis: int = -1, **base: Unpack[LayerOptions]) -> Any:
    """Return Concatenate(axis, **base)(inputs)."""
    return Concatenate(axis, **base)(inputs)

# SPDX-License-Identifier: BSD-3-Clause
"""Reshape: every sample laid out in another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Reshape(Layer):
    """Give each sample the shape `target_shape`; one of its sizes may be -1.

    Source: Keras Reshape.
    """

    def __init__(self, target_shape: Sequence[int], **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        if not isinstance(target_shape, (list, tuple)):
            raise TypeError(f"Reshape: target_shape={target_shape!r}; must be a tuple")
        if any(
            not isinstance(size, (int, np.integer)) or isinstance(size, bool) or size < -1
            for size in target_shape
        ) or (sum(size == -1 for size in target_shape) > 1):
            raise ValueError(
                f"Reshape: target_shape={target_shape}; must be integers >= 0, one may be -1"
            )
        self.target_shape = tuple(int(size) for size in target_shape)

    def check_input(self, shape: tuple[int, ...]) -> None:
        self.compute_output_shape(shape)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if not input_shape:
            raise ValueError(f"{self.name}: input shape (); must have a batch")
        sizes, target = input_shape[1:], self.target_shape
        if None in sizes:
            return (input_shape[0], *(None if size == -1 else size for size in target))
        elements = math.prod(size for size in sizes if size is not None)
        known = math.prod(size for size in target if size != -1)
        fits = elements == known if -1 not in target else known > 0 and elements % known == 0
        if not fits:
            raise ValueError(
                f"{self.name}: input shape {input_shape} does not fill target_shape {target}"
            )
        return (input_shape[0], *(elements // known if size == -1 else size for size in target))

    def call(self, x: Tensor) -> Tensor:
        shape = self.compute_output_shape(x.shape)
        return autograd.reshape(x, shape)  # type: ignore[arg-type]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}

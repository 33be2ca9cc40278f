# SPDX-License-Identifier: BSD-3-Clause
"""Input: where data enters a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyconv.autograd import Tensor
from pyconv.layers.layer import STRUCTURES, Layer
from pyconv.layers.options import checked_shape
from pyconv.layers.symbolic import Node, Shape, SymbolicTensor


class InputLayer(Layer):
    """The first layer of a model: the shape of one sample and the dtype it is cast to.

    Source: Keras InputLayer.
    """

    structures = STRUCTURES  # which pass through, as in Keras

    def __init__(
        self,
        shape: Sequence[int | None] | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        batch_shape: Sequence[int | None] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if (shape is None) == (batch_shape is None):
            raise ValueError("InputLayer: give shape or batch_shape, one of them")
        if batch_shape is None:
            batch_shape = (batch_size, *checked_shape("InputLayer", "shape", shape))
        self.batch_shape = checked_shape("InputLayer", "batch_shape", batch_shape)
        if not self.batch_shape:
            raise ValueError("InputLayer: batch_shape=(); must have at least the batch")
        self.built = True
        Node(self, (), self.batch_shape, self.dtype)

    def call(self, x: Tensor) -> Tensor:
        return x

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.batch_shape

    def get_config(self) -> dict[str, Any]:
        return {"batch_shape": list(self.batch_shape), "dtype": self.dtype, "name": self.name}


def Input(
    shape: Sequence[int | None] | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    batch_shape: Sequence[int | None] | None = None,
    name: str | None = None,
) -> SymbolicTensor:
    """Return the symbolic tensor that a model starts from.

    Args:
        shape: of one sample, such as (28, 28, 1); None where a size is open.
    Source: Keras Input.
    """
    return InputLayer(shape, batch_size, dtype, batch_shape, name).inbound_nodes[0].outputs[0]

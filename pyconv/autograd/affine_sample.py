# SPDX-License-Identifier: BSD-3-Clause
"""Differentiable affine sampling: the gradient of the images; the matrices have none."""

from __future__ import annotations

from pyconv import ops
from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Operand, Tensor, array_of, as_tensor
from pyconv.backend import Array
from pyconv.geometry import DataFormat
from pyconv.ops.affine_sample import FillMode
from pyconv.ops.resize import Interpolation


class AffineSampleFunction(Function):
    """Pairs the op with its backward; keeps the matrices."""

    def __init__(
        self,
        matrices: Array,
        fill_mode: FillMode,
        fill_value: float,
        interpolation: Interpolation,
        data_format: DataFormat,
    ) -> None:
        self.matrices, self.fill_mode, self.fill_value = matrices, fill_mode, fill_value
        self.interpolation, self.data_format = interpolation, data_format

    def forward(self, x: Array) -> Array:
        return ops.affine_sample(
            x,
            self.matrices,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            interpolation=self.interpolation,
            data_format=self.data_format,
        )

    def backward(self, dy: Array) -> Array:
        return ops.affine_sample_backward(
            dy,
            self.matrices,
            fill_mode=self.fill_mode,
            interpolation=self.interpolation,
            data_format=self.data_format,
        )


def affine_sample(
    x: Operand,
    matrices: Operand,
    *,
    fill_mode: FillMode = "constant",
    fill_value: float = 0.0,
    interpolation: Interpolation = "bilinear",
    data_format: DataFormat = "channels_last",
) -> Tensor:
    """Return the images seen through affine maps; arguments and errors as in ops.affine_sample."""
    function = AffineSampleFunction(
        array_of(matrices), fill_mode, fill_value, interpolation, data_format
    )
    return function(as_tensor(x))

# SPDX-License-Identifier: BSD-3-Clause
"""Rescaling: x * scale + offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.autograd import Tensor, array_of
from pyconv.autograd.rescaling import rescaling
from pyconv.backend import constant_beside
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class Rescaling(Layer):
    """Return x * scale + offset; integers become the layer's dtype first.

    Args:
        scale, offset: numbers, or one for each of the last axis.
    Source: Keras Rescaling.
    """

    def __init__(self, scale: Any, offset: Any = 0.0, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        self._scale, self._offset = _numbers("scale", scale), _numbers("offset", offset)
        self.scale, self.offset = scale, offset  # as given, for who reads them

    def check_input(self, shape: Shape) -> None:
        for name, value in (("scale", self._scale), ("offset", self._offset)):
            if value.ndim == 1 and (not shape or value.shape[0] not in (1, shape[-1])):
                raise ValueError(
                    f"{self.name}: {name}.shape={value.shape}; must be the last size of {shape}"
                )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def _tensor(self, x: Any, dtype: str | None = None, what: str = "input") -> Tensor:
        array = array_of(x, f"{self.name}: {what}")
        if isinstance(array, np.ndarray) and array.dtype.kind in "iub":
            return Tensor.wrap(array)  # becomes the layer's dtype as it is rescaled
        return super()._tensor(x, dtype, what)

    def call(self, x: Tensor) -> Tensor:
        if isinstance(x.array, np.ndarray):
            return rescaling(x, self._scale, self._offset, self.dtype)
        scale, offset = (
            constant_beside(one.astype(x.dtype), x.array) for one in (self._scale, self._offset)
        )
        y: Tensor = x * scale + offset
        return y

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "scale": self._scale.tolist(),
            "offset": self._offset.tolist(),
        }


def _numbers(argument: str, value: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"Rescaling: {argument}={value!r}; must be numbers")
    if array.ndim > 1 or not np.isfinite(array).all():
        raise ValueError(f"Rescaling: {argument}={value}; must be finite, one or a list")
    return array.astype(np.float64)

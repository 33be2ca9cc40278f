# SPDX-License-Identifier: BSD-3-Clause
"""ActivityRegularization: passes its input on and charges for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv.autograd import Tensor
from pyconv.layers.layer import STRUCTURES, Layer
from pyconv.regularizers import L1L2

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import BaseOptions


class ActivityRegularization(Layer):
    """Add l1 * sum |x| + l2 * sum x^2, a mean over the batch, to the loss.

    Source: Keras ActivityRegularization.
    """

    structures = STRUCTURES  # which pass through, as in Keras

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **base: Unpack[BaseOptions]) -> None:
        super().__init__(activity_regularizer=L1L2(l1, l2), **base)
        self.l1, self.l2 = float(l1), float(l2)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return x

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "l1": self.l1, "l2": self.l2}
        config.pop("activity_regularizer")
        return config

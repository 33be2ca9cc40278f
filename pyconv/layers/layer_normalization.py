# SPDX-License-Identifier: BSD-3-Clause
"""LayerNormalization: every sample by its own mean and variance, over some axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.norm_layer import NormLayer
from pyconv.layers.symbolic import Shape
from pyconv.ops.layer_norm import checked_axes

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class LayerNormalization(NormLayer):
    """Give mean 0 and variance 1 over the axes, then scale by gamma and shift by beta.

    Args:
        axis: one, or several in ascending order. epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
    Weights: gamma, beta, of the axes' sizes.
    Source: Keras LayerNormalization.
    """

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        beta = WeightOptions(beta_initializer, beta_regularizer, beta_constraint)
        gamma = WeightOptions(gamma_initializer, gamma_regularizer, gamma_constraint)
        super().__init__(epsilon, center, scale, beta, gamma, **base)
        several = isinstance(axis, (list, tuple))
        axes = [self.checked_axis(one) for one in (axis if several else (axis,))]  # type: ignore
        self.axis: int | list[int] = axes if several else axes[0]

    def build(self, input_shape: Shape) -> None:
        sizes = tuple(self.known_size(input_shape, axis) for axis in self._axes)
        checked_axes(self.name, len(input_shape), self.axis)
        self.add_scale(sizes)

    @property
    def _axes(self) -> list[int]:
        return self.axis if isinstance(self.axis, list) else [self.axis]

    def check_input(self, shape: Shape) -> None:
        self.check_sizes(shape, self._axes, self.beta if self.gamma is None else self.gamma)

    def call(self, x: Tensor) -> Tensor:
        return autograd.layer_norm(x, self.gamma, self.beta, axis=self.axis, epsilon=self.epsilon)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}

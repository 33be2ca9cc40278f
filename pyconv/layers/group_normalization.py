# SPDX-License-Identifier: BSD-3-Clause
"""GroupNormalization: every image's groups of channels by their own mean and variance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.autograd import Tensor
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.norm_layer import NormLayer
from pyconv.layers.symbolic import Shape
from pyconv.ops.group_norm import checked_groups

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class GroupNormalization(NormLayer):
    """Give every group mean 0 and variance 1, then scale by gamma and shift by beta.

    Args:
        groups: of neighbouring channels, which they divide; -1 is one per channel.
        axis: the channels'. epsilon: added to the variance.
        center, scale: whether there is a beta, a gamma.
    Weights: gamma, beta, each (c,).
    Source: Keras GroupNormalization.
    """

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
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
        self.groups = checked_groups("GroupNormalization", groups)
        self.axis = self.checked_axis(axis)

    def build(self, input_shape: Shape) -> None:
        c = self.known_size(input_shape, self.axis)
        checked_groups(self.name, self.groups, c)
        self.add_scale((c,))

    def check_input(self, shape: Shape) -> None:
        self.check_sizes(shape, [self.axis], self.beta if self.gamma is None else self.gamma)
        checked_groups(self.name, self.groups, self.known_size(shape, self.axis))

    def call(self, x: Tensor) -> Tensor:
        return autograd.group_norm(
            x, self.gamma, self.beta, groups=self.groups, axis=self.axis, epsilon=self.epsilon
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "groups": self.groups, "axis": self.axis}

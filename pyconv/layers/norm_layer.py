# SPDX-License-Identifier: BSD-3-Clause
"""What normalising layers share: epsilon, gamma and beta, and the options of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyconv.arguments import checked_flag
from pyconv.autograd import Variable
from pyconv.geometry import whole_number
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape
from pyconv.ops.normalization import checked_epsilon

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


class NormLayer(Layer):
    """A layer that scales what it normalised by gamma and shifts it by beta, where it has them."""

    gamma: Variable | None = None
    beta: Variable | None = None

    def __init__(
        self,
        epsilon: float,
        center: bool,
        scale: bool,
        beta: WeightOptions,
        gamma: WeightOptions,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        kind = type(self).__name__
        self.epsilon = checked_epsilon(kind, epsilon)
        self.center = checked_flag(kind, "center", center)
        self.scale = checked_flag(kind, "scale", scale)
        self.beta_options, self.gamma_options = beta, gamma

    def checked_axis(self, axis: object) -> int:
        """Return an axis that some input could have."""
        return whole_number(type(self).__name__, "axis", axis, -32)

    def known_size(self, shape: Shape, axis: int) -> int:
        """Return the size of a sample's axis; one that is open or the batch's is refused."""
        if not -len(shape) <= axis < len(shape):
            raise ValueError(f"{self.name}: input shape {shape} has no axis {axis}")
        size = shape[axis]
        if size is None:
            raise ValueError(f"{self.name}: input shape {shape}; axis {axis} must be known")
        return size

    def check_sizes(self, shape: Shape, axes: Sequence[int], weight: Variable | None) -> None:
        """Refuse an input whose axes have other sizes than a weight, where there is one."""
        sizes = tuple(self.known_size(shape, axis) for axis in axes)
        expected = sizes if weight is None else weight.shape
        for axis, size, own in zip(axes, sizes, expected, strict=True):
            if size != own:
                raise ValueError(
                    f"{self.name}: input shape {shape}; expected {own} along axis {axis}"
                )

    def add_scale(self, shape: tuple[int, ...]) -> None:
        """Make gamma and beta where the layer has them."""
        if self.scale:
            self.gamma = self.gamma_options.add_to(self, shape, "gamma")
        if self.center:
            self.beta = self.beta_options.add_to(self, shape, "beta")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "center": self.center,
            "scale": self.scale,
            **self.beta_options.get_config("beta"),
            **self.gamma_options.get_config("gamma"),
        }

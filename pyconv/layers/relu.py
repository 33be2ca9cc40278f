# SPDX-License-Identifier: BSD-3-Clause
"""ReLU and the layers of its family: LeakyReLU, PReLU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import finite_number
from pyconv.autograd import Tensor, Variable
from pyconv.geometry import whole_number
from pyconv.layers.kernel_layer import WeightOptions
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions


def _at_least_zero(kind: str, argument: str, value: float) -> float:
    number = finite_number(kind, argument, value)
    if number < 0:
        raise ValueError(f"{kind}: {argument}={value}; must be >= 0")
    return number


class ReLU(Layer):
    """Apply x above the threshold, up to max_value; below it negative_slope * (x - threshold).

    Source: Keras ReLU.
    """

    structures = (list, tuple)  # which become one array, as in Keras

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        self.max_value = None
        if max_value is not None:
            self.max_value = _at_least_zero("ReLU", "max_value", max_value)
        self.negative_slope = _at_least_zero("ReLU", "negative_slope", negative_slope)
        self.threshold = _at_least_zero("ReLU", "threshold", threshold)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return autograd.relu(x, self.negative_slope, self.max_value, self.threshold)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }


class LeakyReLU(Layer):
    """Apply x where x > 0, negative_slope * x elsewhere; alpha is its old name.

    Source: Keras LeakyReLU.
    """

    structures = (list, tuple)  # which become one array, as in Keras

    def __init__(
        self,
        negative_slope: float = 0.3,
        *,
        alpha: float | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        if alpha is not None:
            if negative_slope != 0.3:
                raise ValueError("LeakyReLU: alpha and negative_slope are given; at most one")
            negative_slope = alpha
        self.negative_slope = _at_least_zero("LeakyReLU", "negative_slope", negative_slope)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return autograd.leaky_relu(x, self.negative_slope)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}


class PReLU(Layer):
    """Apply x where x > 0, alpha * x elsewhere, with slopes alpha that are learned.

    Weights: alpha, of a sample's shape, 1 along the shared axes (1 = the first after the batch).
    Source: Keras PReLU.
    """

    alpha: Variable

    def __init__(
        self,
        alpha_initializer: Any = "zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: Sequence[int] | int | None = None,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        self.alpha_options = WeightOptions(alpha_initializer, alpha_regularizer, alpha_constraint)
        self.shared_axes = None
        if shared_axes is not None:
            axes = shared_axes if isinstance(shared_axes, (list, tuple)) else (shared_axes,)
            self.shared_axes = [whole_number("PReLU", "shared_axes", a, 1) for a in axes]

    def build(self, input_shape: Shape) -> None:
        shape = list(input_shape[1:])
        for axis in self.shared_axes or ():
            if axis > len(shape):
                raise ValueError(f"{self.name}: input shape {input_shape} has no axis {axis}")
            shape[axis - 1] = 1
        sizes = [size for size in shape if size is not None]
        if len(sizes) < len(shape):
            raise ValueError(
                f"{self.name}: input shape {input_shape}; sizes must be known or shared"
            )
        self.alpha = self.alpha_options.add_to(self, tuple(sizes), "alpha")

    def check_input(self, shape: Shape) -> None:
        slopes = self.alpha.shape
        fits = len(shape) == len(slopes) + 1 and all(
            a in (1, size) for a, size in zip(slopes, shape[1:], strict=True)
        )
        if not fits:
            raise ValueError(f"{self.name}: input shape {shape}; expected (n, ...) for {slopes}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        return autograd.relu(x) - self.alpha * autograd.relu(-x)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            **self.alpha_options.get_config("alpha"),
            "shared_axes": self.shared_axes,
        }

# SPDX-License-Identifier: BSD-3-Clause
"""Normalization: by a mean and variance that are given, or learned from data before training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.arguments import checked_flag
from pyconv.autograd import Tensor, Variable, array_of
from pyconv.backend import array_module, constant_beside
from pyconv.geometry import whole_number
from pyconv.layers.layer import Layer
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions

SMALLEST_DEVIATION = 1e-7  # Keras's epsilon


class Normalization(Layer):
    """Return (x - mean) / deviation, or with `invert` x * deviation + mean.

    Args:
        axis: the axes that keep a mean and variance of their own; None: one for all elements.
        mean, variance: numbers, or arrays of the axes' sizes; without them adapt() learns both.
        invert: whether the layer undoes what it otherwise does.
    Weights: where adapt() learns, mean and variance, of the axes' sizes, and an unused count.
    Source: Keras Normalization.
    """

    mean: Variable | None = None
    variance: Variable | None = None

    def __init__(
        self,
        axis: int | Sequence[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **base: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**base)
        axes = () if axis is None else axis if isinstance(axis, (list, tuple)) else (axis,)
        self.axis = tuple(whole_number("Normalization", "axis", one, -32) for one in axes)
        if (mean is None) != (variance is None):
            raise ValueError("Normalization: mean and variance must be given together")
        self.given = None
        if mean is not None:
            self.given = (_numbers("mean", mean), _numbers("variance", variance))
            if (self.given[1] < 0).any():
                raise ValueError("Normalization: variance holds negative numbers; must be >= 0")
        self.invert = checked_flag("Normalization", "invert", invert)

    def build(self, input_shape: Shape) -> None:
        sizes = tuple(input_shape[axis] for axis in self._kept(input_shape))
        if None in sizes:
            raise ValueError(f"{self.name}: input shape {input_shape}; kept axes must be known")
        shape = tuple(size for size in sizes if size is not None)
        if self.given is not None:
            for name, value in zip(("mean", "variance"), self.given, strict=True):
                if not _broadcasts(value.shape, shape):
                    raise ValueError(f"{self.name}: {name}.shape={value.shape}; must be {shape}")
            return
        self.mean = self.add_weight(shape, "zeros", trainable=False, name="mean")
        self.variance = self.add_weight(shape, "ones", trainable=False, name="variance")
        self.add_weight((), "zeros", trainable=False, name="count")

    def check_input(self, shape: Shape) -> None:
        kept = tuple(shape[axis] for axis in self._kept(shape))
        if self.mean is not None and kept != self.mean.shape:
            raise ValueError(f"{self.name}: input shape {shape}; expected {self.mean.shape} kept")

    def adapt(self, data: Any) -> None:
        """Take mean and variance over an array of samples (n, ...), in place of earlier ones."""
        if self.given is not None:
            raise ValueError(f"{self.name}: adapt needs a layer without given mean and variance")
        samples = array_of(data)
        if samples.ndim == 0 or samples.size == 0:
            raise ValueError(f"{self.name}: adapt: data.shape={samples.shape}; must hold samples")
        self.ensure_built((None, *samples.shape[1:]) if 0 not in self.axis else samples.shape)
        self.check_input(samples.shape)
        kept = self._kept(samples.shape)
        others = tuple(i for i in range(samples.ndim) if i not in kept)
        if self.mean is not None and self.variance is not None:
            self.mean.assign(samples.mean(others, dtype=np.float64))
            self.variance.assign(samples.var(others, dtype=np.float64))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return input_shape

    def call(self, x: Tensor) -> Tensor:
        if self.mean is not None and self.variance is not None:
            mean, variance = self.mean.array, self.variance.array
        elif self.given is not None:
            mean, variance = self.given
        kept = self._kept(x.shape)
        shape = tuple(size if i in kept else 1 for i, size in enumerate(x.shape))
        sizes = tuple(x.shape[i] for i in kept)
        numpy = array_module(x.array)
        mean, variance = (
            numpy.broadcast_to(_beside(one, x), sizes).reshape(shape) for one in (mean, variance)
        )
        deviation = numpy.maximum(numpy.sqrt(variance), x.dtype.type(SMALLEST_DEVIATION))
        y: Tensor = x * deviation + mean if self.invert else (x - mean) / deviation
        return y

    def _kept(self, shape: Shape) -> tuple[int, ...]:
        """Return the kept axes counted from the front, ascending."""
        for axis in self.axis:
            if not -len(shape) <= axis < len(shape):
                raise ValueError(f"{self.name}: input shape {shape} has no axis {axis}")
        return tuple(sorted(axis % len(shape) for axis in self.axis))

    def get_config(self) -> dict[str, Any]:
        mean, variance = self.given or (None, None)
        return {
            **super().get_config(),
            "axis": list(self.axis),
            "mean": None if mean is None else mean.tolist(),
            "variance": None if variance is None else variance.tolist(),
            "invert": self.invert,
        }


def _numbers(argument: str, value: Any) -> np.ndarray[Any, Any]:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"Normalization: {argument}={value!r}; must be numbers")
    return array.astype(np.float64)


def _broadcasts(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return len(shape) <= len(wanted) and all(
        a in (1, b) for a, b in zip(shape[::-1], wanted[::-1], strict=False)
    )


def _beside(numbers: Any, x: Tensor) -> Any:
    """Return a weight, or numbers of the host, in the dtype of x and where it lies."""
    found = numbers.astype(x.dtype)
    return constant_beside(found, x.array) if isinstance(found, np.ndarray) else found

# SPDX-License-Identifier: BSD-3-Clause
"""Dot: sums of products of two inputs along an axis of each, sample by sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pyconv import autograd
from pyconv.arguments import checked_flag, whole_number
from pyconv.autograd import Tensor
from pyconv.layers.layer import Layer
from pyconv.layers.merging import checked_shapes
from pyconv.layers.symbolic import Shape

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from pyconv.layers.options import LayerOptions

Axes = int | Sequence[int]


class Dot(Layer):
    """Multiply x (n, ..., k, ...) by z (n, ..., k, ...) along their axes of size k.

    The result has the other axes of x, then those of z: (n, i, k) and (n, k, j) give (n, i, j) for
    axes (2, 1); (n, k) and (n, k) give (n, 1) for axes 1.

    Args:
        axes: of both inputs, or one of each; not the batch's.
        normalize: the vectors along the axes are first brought to length 1.
    Source: Keras Dot.
    """

    def __init__(self, axes: Axes, normalize: bool = False, **base: Unpack[LayerOptions]) -> None:
        super().__init__(**base)
        given = list(axes) if isinstance(axes, (list, tuple)) else [axes, axes]
        if len(given) != 2:
            raise ValueError(f"Dot: axes={axes!r}; must be an int or two")
        self.axes = tuple(whole_number("Dot", f"axes[{i}]", a, -64) for i, a in enumerate(given))
        self.normalize = checked_flag("Dot", "normalize", normalize)

    def check_input(self, shape: Any) -> None:
        self.compute_output_shape(shape)

    def _places(self, ranks: Sequence[int]) -> list[int]:
        places = []
        for i, (axis, rank) in enumerate(zip(self.axes, ranks, strict=True)):
            if not -rank <= axis < rank or axis % rank == 0:
                raise ValueError(
                    f"{self.name}: axes[{i}]={axis} of {rank} axes; must not be the batch's"
                )
            places.append(axis % rank)
        return places

    def compute_output_shape(self, input_shape: Any) -> Shape:
        shapes = checked_shapes(self.name, input_shape, 2)
        if len(shapes) != 2:
            raise ValueError(f"{self.name}: {len(shapes)} inputs; must be 2")
        first, second = self._places([len(shape) for shape in shapes])
        a, b = shapes[0][first], shapes[1][second]
        if a != b and None not in (a, b):
            raise ValueError(
                f"{self.name}: input shapes {tuple(shapes)}; sizes {a} and {b} of axes "
                f"{self.axes} must be equal"
            )
        rest = [
            *(n for i, n in enumerate(shapes[0]) if i not in (0, first)),
            *(n for i, n in enumerate(shapes[1]) if i not in (0, second)),
        ]
        return (shapes[0][0], *(rest or [1]))

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        x, z = inputs
        first, second = self._places([x.ndim, z.ndim])
        if self.normalize:
            x, z = autograd.l2_normalize(x, axis=first), autograd.l2_normalize(z, axis=second)
        n, size = x.shape[0], x.shape[first]
        rows = [i for i in range(1, x.ndim) if i != first]
        columns = [i for i in range(1, z.ndim) if i != second]
        rest = [*(x.shape[i] for i in rows), *(z.shape[i] for i in columns)]
        left = autograd.transpose(x, [0, *rows, first])
        right = autograd.transpose(z, [0, second, *columns])
        height, width = (math.prod(t.shape[1:]) // max(size, 1) for t in (x, z))
        left = autograd.reshape(left, (n, height, size))
        right = autograd.reshape(right, (n, size, width))
        return autograd.reshape(autograd.matmul(left, right), (n, *(rest or [1])))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axes": list(self.axes), "normalize": self.normalize}


def dot(inputs: Sequence[Any], axes: Axes = -1, **base: Unpack[LayerOptions]) -> Any:
    """Return Dot(axes, **base)(inputs)."""
    return Dot(axes, **base)(inputs)

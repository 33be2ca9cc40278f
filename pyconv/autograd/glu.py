# SPDX-License-Identifier: BSD-3-Clause
"""The gated linear unit: one half of x is let through as far as the other half says."""

from __future__ import annotations

from pyconv.arguments import checked_axis
from pyconv.autograd.activation import sigmoid
from pyconv.autograd.elementwise import floating
from pyconv.autograd.shaping import split
from pyconv.autograd.tensor import Operand, Tensor


def glu(x: Operand, axis: int = -1) -> Tensor:
    """Return a sigmoid(b), a and b the two halves of x along an axis.

    Raises:
        ValueError: no such axis, or one of odd size.
    """
    tensor = floating(x)
    place = checked_axis("glu", axis, tensor.ndim)
    if tensor.shape[place] % 2:
        raise ValueError(f"glu: x.shape={tensor.shape}; must be even along axis {axis}")
    values, gates = split(tensor, 2, place)
    y: Tensor = values * sigmoid(gates)
    return y

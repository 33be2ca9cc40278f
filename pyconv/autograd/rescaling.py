# SPDX-License-Identifier: BSD-3-Clause
"""y = x * scale + offset on the host, block by block: x is read once and y written once."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.autograd.function import Function
from pyconv.autograd.tensor import Tensor
from pyconv.backend import Array, empty_on, is_floating

_BLOCK = 1 << 15  # elements; what they are read as and become stays in a cache


class RescalingFunction(Function):
    """dx = dy * scale."""

    takes_16_bits = True  # the host's, as NumPy computes them; no array of a GPU comes here

    def __init__(self, scale: Array, offset: Array) -> None:
        self.scale, self.offset = scale, offset

    def forward(self, x: Array) -> Array:
        y = empty_on(x, x.shape, self.scale.dtype)
        for read, written in _blocks(x, y):
            if is_floating(x.dtype):
                np.multiply(read, self.scale, out=written)
            else:  # a cast apart is quicker than one in np.multiply
                np.copyto(written, read, casting="unsafe")
                written *= self.scale
            written += self.offset
        return y

    def backward(self, dy: Array) -> Array:
        dx: Array = dy * self.scale
        return dx


def rescaling(x: Tensor, scale: Array, offset: Array, dtype: Any) -> Tensor:
    """Return x * scale + offset of a Tensor on the host.

    Args:
        x: (..., c); integers and booleans are computed in `dtype`, floats in their own.
        scale, offset: (), (1,) or (c,).
    """
    kind = x.dtype.newbyteorder("=") if is_floating(x.dtype) else np.dtype(dtype)
    return RescalingFunction(scale.astype(kind), offset.astype(kind))(x)


def _blocks(x: Array, y: Array) -> list[tuple[Array, Array]]:
    """Return parts of x and y over whole rows of the last axis."""
    if x.ndim < 2 or x.size <= _BLOCK or not x.flags.c_contiguous:
        return [(x, y)]
    read, written = (array.reshape(-1, array.shape[-1]) for array in (x, y))
    rows = max(1, _BLOCK // x.shape[-1])
    starts = range(0, len(read), rows)
    return [(read[i : i + rows], written[i : i + rows]) for i in starts]

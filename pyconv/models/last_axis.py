# SPDX-License-Identifier: BSD-3-Clause
"""The last axis of size 1, which inputs may have or leave out: grey images (n, h, w), numbers (n,).

Source: Keras Functional, which puts it there or takes it away.
"""

from __future__ import annotations

from typing import Any

from pyconv.layers.symbolic import Shape


def with_last_axis(x: Any, expected: Shape) -> Any:
    """Return an array or Tensor with as many axes as expected, if an axis of size 1 does it."""
    shape = x.shape
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        return x.reshape(shape[:-1])
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return x.reshape((*shape, 1))
    return x

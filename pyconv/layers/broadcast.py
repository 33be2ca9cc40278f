# SPDX-License-Identifier: BSD-3-Clause
"""Shapes that NumPy's broadcasting gives, where sizes may be open."""

from __future__ import annotations

from collections.abc import Sequence

from pyconv.layers.symbolic import Shape


def broadcast_shapes(name: str, shapes: Sequence[Shape]) -> Shape:
    """Return the common shape; an open size beside a known one takes that one.

    Raises:
        ValueError: two known sizes differ and neither is 1.
    """
    rank = max(len(shape) for shape in shapes)
    result: list[int | None] = []
    for axis in range(-rank, 0):
        sizes = [shape[axis] for shape in shapes if len(shape) >= -axis]
        known = {size for size in sizes if size not in (None, 1)}
        if len(known) > 1:
            raise ValueError(f"{name}: input shapes {tuple(map(tuple, shapes))} do not fit")
        result.append(known.pop() if known else None if None in sizes else 1)
    return tuple(result)

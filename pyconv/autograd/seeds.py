# SPDX-License-Identifier: BSD-3-Clause
"""What a tape's gradient is asked of: checked Tensors, and the gradients that it starts with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from pyconv.autograd.tensor import Tensor
from pyconv.backend import Array, added


def checked_tensors(argument: str, value: Tensor | Sequence[Tensor]) -> list[Tensor]:
    """Return one Tensor, or a sequence of them, as a list."""
    several = [value] if isinstance(value, Tensor) else value
    if isinstance(several, (str, np.ndarray)) or not isinstance(several, Iterable):
        raise TypeError(f"gradient: {argument} is a {type(value).__name__}; must be Tensors")
    found = list(several)
    for one in found:
        if not isinstance(one, Tensor):
            raise TypeError(f"gradient: {argument} has a {type(one).__name__}; must be Tensors")
    return found


def seeds_of(
    target: Tensor | Sequence[Tensor], output_gradients: Tensor | Sequence[Tensor] | None
) -> dict[int, Array]:
    """Return the gradients that the targets start with, by id; several of one target summed."""
    targets = checked_tensors("target", target)
    if output_gradients is None:
        weights = [np.ones_like(y.array) for y in targets]
    else:
        weights = [x.array for x in checked_tensors("output_gradients", output_gradients)]
    if len(weights) != len(targets):
        raise ValueError(
            f"gradient: {len(weights)} output_gradients; must be {len(targets)}, one for a target"
        )
    found: dict[int, Array] = {}
    for y, dy in zip(targets, weights, strict=True):
        if y.shape != tuple(dy.shape) or y.dtype != dy.dtype:
            raise ValueError(
                f"gradient: output_gradients of {dy.dtype}{tuple(dy.shape)}; "
                f"must be {y.dtype}{y.shape}"
            )
        found[id(y)] = added(found[id(y)], dy) if id(y) in found else dy
    return found

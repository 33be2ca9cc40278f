# SPDX-License-Identifier: BSD-3-Clause
"""What Functions of the user's return, looked at before anything is computed from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyconv.autograd.tensor import Tensor, array_of
from pyconv.backend import Array


def no_forward(self: Any, *arrays: Array | None) -> Array:
    raise NotImplementedError(f"{type(self).__name__}: has no forward(*arrays); must define it")


def no_backward(self: Any, dy: Array) -> Array:
    raise NotImplementedError(f"{type(self).__name__}: has no backward(dy); must define it")


def checked_result(name: str, result: object) -> Array:
    """Return what forward made as one array.

    Raises:
        TypeError: it is no array of numbers.
    """
    if isinstance(result, tuple):
        raise TypeError(f"{name}: forward returned a tuple; must be one array")
    return array_of(result, f"{name}: what forward returned")


def checked_gradients(
    name: str, found: Any, inputs: Sequence[Tensor | None], wanted: Sequence[bool]
) -> tuple[Array | None, ...]:
    """Return a gradient per input, in its shape and dtype; None where there is none.

    Raises:
        ValueError: another number of gradients, another shape. TypeError: no numbers.
    """
    listed = isinstance(found, tuple) or (isinstance(found, list) and len(inputs) > 1)
    gradients = tuple(found) if listed else (found,)
    if len(gradients) != len(inputs):
        raise ValueError(
            f"{name}: backward returned {len(gradients)} gradients; must be {len(inputs)}, one for "
            "each input"
        )
    checked: list[Array | None] = []
    for i, (dx, x, is_wanted) in enumerate(zip(gradients, inputs, wanted, strict=True)):
        if dx is None or x is None or not is_wanted:
            checked.append(None)
            continue
        array = array_of(dx, f"{name}: gradient {i} of backward")
        if tuple(array.shape) != x.shape:
            raise ValueError(
                f"{name}: gradient {i} of backward has shape {tuple(array.shape)}; must be "
                f"{x.shape}, that of its input"
            )
        checked.append(array.astype(x.dtype, copy=False))
    return tuple(checked)

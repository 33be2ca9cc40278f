# SPDX-License-Identifier: BSD-3-Clause
"""The options that every layer takes by name, and their checks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np

from pyconv.layers.symbolic import Shape
from pyconv.naming import automatic_name, snake_case

NAME = re.compile(r"(?!\.+$)[\w .+()-]{1,120}", re.ASCII)


class BaseOptions(TypedDict, total=False):
    """The options every layer takes by name.

    name: given by itself where absent; dtype: of weights and results, or a Policy; trainable:
    whether training changes the weights; input_shape, input_dim: of one sample, for the first
    layer of a Sequential.
    """

    name: str | None
    dtype: Any
    trainable: bool
    input_shape: Sequence[int | None] | None
    input_dim: int | None


class LayerOptions(BaseOptions, total=False):
    """BaseOptions, and activity_regularizer: what the results cost, as a mean over the batch."""

    activity_regularizer: Any


def checked_name(kind: str, name: Any) -> str:
    """Return the name, or one made from the kind."""
    if name is None:
        return automatic_name(snake_case(kind))
    if not isinstance(name, str):
        raise TypeError(f"{kind}: name={name!r}; must be a string")
    if not NAME.fullmatch(name):
        raise ValueError(f"{kind}: name={name!r}; must be 1 to 120 letters, digits and _ . + - ( )")
    return name


def checked_input_shape(kind: str, base: LayerOptions) -> Shape | None:
    """Return the shape of one sample, where the options say it."""
    shape, size = base.get("input_shape"), base.get("input_dim")
    if shape is None:
        return None if size is None else checked_shape(kind, "input_dim", (size,))
    return checked_shape(kind, "input_shape", shape)


def checked_shape(kind: str, argument: str, shape: Any) -> Shape:
    """Return sizes as a tuple; each an integer >= 0, or None where it is open."""
    if not isinstance(shape, (list, tuple)):
        raise TypeError(f"{kind}: {argument}={shape!r}; must be a tuple of integers")
    for size in shape:
        whole = isinstance(size, (int, np.integer)) and not isinstance(size, bool)
        if size is not None and not (whole and 0 <= size < 2**31):
            raise ValueError(
                f"{kind}: {argument}={tuple(shape)}; sizes must be integers >= 0 or None"
            )
    return tuple(None if size is None else int(size) for size in shape)

# SPDX-License-Identifier: BSD-3-Clause
"""What a program says of the elements of a generator: their dtypes and shapes."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import element_type
from pyconv.data.elements import Element, leaves, mapped
from pyconv.data.sources import Sized

_FUNCTION = "Dataset.from_generator"


def declared(types: Any, shapes: Any, signature: Any) -> tuple[Element | None, Element | None]:
    """Return the dtypes and shapes of from_generator's arguments, None for what is not said.

    Raises:
        TypeError: naming the argument. ValueError: a signature beside one of the others.
    """
    if signature is None:
        dtypes = None if types is None else _dtypes("output_types", types)
        return dtypes, None if shapes is None else _shapes("output_shapes", shapes)
    if types is not None or shapes is not None:
        raise ValueError(f"{_FUNCTION}: output_signature stands for types and shapes alone")
    for spec in leaves(signature):
        if not (hasattr(spec, "shape") and hasattr(spec, "dtype")):
            raise TypeError(
                f"{_FUNCTION}: output_signature={signature!r}; must be objects with a shape and a "
                "dtype"
            )

    def axes(spec: Any) -> Element:
        known = spec.shape is not None and np.iterable(spec.shape)
        return _shapes("output_signature's shape", tuple(spec.shape) if known else spec.shape)

    dtypes = _dtypes("output_signature", mapped(lambda spec: spec.dtype, signature))
    return dtypes, mapped(axes, signature)


def _dtypes(argument: str, given: Any) -> Element:
    """Return dtypes in the form of an element."""
    return mapped(lambda name: element_type(_FUNCTION, argument, name, "fiubUS"), given)


def _shapes(argument: str, given: Any) -> Element:
    """Return shapes as leaves; a tuple of sizes is one shape, any other one tuple of shapes."""
    if isinstance(given, dict):
        return {key: _shapes(argument, part) for key, part in given.items()}
    sizes = isinstance(given, (tuple, list)) and all(
        s is None or isinstance(s, (int, np.integer)) for s in given
    )
    if given is None or (sizes and all(s is None or s >= 0 for s in given)):
        return Sized(given)
    if isinstance(given, tuple):
        return tuple(_shapes(argument, part) for part in given)
    raise TypeError(f"{_FUNCTION}: {argument}={given!r}; must be shapes")

# SPDX-License-Identifier: BSD-3-Clause
"""Lists, tuples and dictionaries of tensors or shapes, nested as a model's inputs may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def flatten(structure: Any) -> list[Any]:
    """Return the leaves; those of a dictionary in the order of its sorted keys, as Keras does."""
    if isinstance(structure, dict):
        return [leaf for key in sorted(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def map_leaves(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the structure with each leaf replaced by the function's result."""
    if isinstance(structure, dict):
        return {key: map_leaves(function, value) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        items = [map_leaves(function, item) for item in structure]
        return tuple(items) if isinstance(structure, tuple) else items
    return function(structure)


def pack_like(structure: Any, leaves: list[Any]) -> Any:
    """Return the structure with its leaves replaced, one by one in the order of `flatten`."""
    left: Iterator[Any] = iter(leaves)

    def pack(part: Any) -> Any:
        if isinstance(part, dict):
            found = {key: pack(part[key]) for key in sorted(part)}
            return {key: found[key] for key in part}
        if isinstance(part, (list, tuple)):
            items = [pack(item) for item in part]
            return tuple(items) if isinstance(part, tuple) else items
        return next(left)

    return pack(structure)


def is_shape(value: Any) -> bool:
    """Tell a shape, a sequence of sizes, from a structure of shapes."""
    return isinstance(value, (list, tuple)) and all(n is None or isinstance(n, int) for n in value)


def flatten_shapes(structure: Any) -> list[tuple[int | None, ...]]:
    """Return the shapes of a structure, in the order of `flatten`."""
    if is_shape(structure):
        return [tuple(structure)]
    if isinstance(structure, dict):
        return [shape for key in sorted(structure) for shape in flatten_shapes(structure[key])]
    return [shape for item in structure for shape in flatten_shapes(item)]


def map_shapes(function: Callable[[Any], Any], structure: Any) -> Any:
    """Return the structure with each shape replaced by the function's result."""
    if is_shape(structure):
        return function(tuple(structure))
    if isinstance(structure, dict):
        return {key: map_shapes(function, value) for key, value in structure.items()}
    items = [map_shapes(function, item) for item in structure]
    return tuple(items) if isinstance(structure, tuple) else items

# SPDX-License-Identifier: BSD-3-Clause
"""The outputs of a model, one, a list or a dictionary, and what is said for each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Shape = tuple[int, ...]


def leaves(value: Any) -> list[Any]:
    """Return the items of a list, tuple or dictionary; of anything else, itself."""
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, (list, tuple)) else [value]


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Return the structure of `value` with the function's result for each leaf."""
    if isinstance(value, dict):
        return {key: function(item) for key, item in value.items()}
    return (
        [function(item) for item in value] if isinstance(value, (list, tuple)) else function(value)
    )


def filled(like: Any, items: Sequence[Any]) -> Any:
    """Return items, one per leaf, in the structure of `like`."""
    remaining = iter(items)
    return mapped(lambda _: next(remaining), like)


class Outputs(NamedTuple):
    """How a model's outputs are found and named; `keys` is None for a single one."""

    keys: tuple[Any, ...] | None
    names: tuple[str, ...]
    shapes: tuple[Shape, ...]

    @classmethod
    def of_shapes(cls, shapes: Any, names: Sequence[str] | None) -> Outputs:
        """Return the outputs of a shape, a list of shapes or a dictionary of them."""
        if isinstance(shapes, dict):
            ordered = names is not None and set(names) == set(shapes)
            keys = tuple(names or ()) if ordered else tuple(sorted(shapes))
            return cls(keys, keys, tuple(tuple(shapes[key]) for key in keys))
        if not _is_list_of_shapes(shapes):
            return cls(None, tuple(names or ("output",))[:1], (tuple(shapes),))
        count = len(shapes)
        fits = names is not None and len(names) == count
        given = tuple(names or ()) if fits else tuple(f"output_{i}" for i in range(count))
        return cls(tuple(range(count)), given, tuple(map(tuple, shapes)))

    @property
    def number(self) -> int:
        return len(self.shapes)

    def of(self, y_pred: Any) -> list[Any]:
        """Return the outputs one after the other."""
        return [y_pred] if self.keys is None else [y_pred[key] for key in self.keys]

    def pack(self, values: Sequence[Any]) -> Any:
        """Return values, one per output, in the form of the model's outputs."""
        if self.keys is None:
            return values[0]
        if self.keys == tuple(range(self.number)):
            return list(values)
        return dict(zip(self.keys, values, strict=True))

    def arrange(
        self, function: str, argument: str, value: Any, *, shared: bool = False
    ) -> list[Any]:
        """Return what an argument says of each output, None where it says nothing.

        Args:
            value: a dictionary by output name, a list with an item per output, or for a single
                output its value.
            shared: a value that is no list or dictionary counts for every output.
        """
        number = len(self.shapes)
        if value is None:
            return [None] * number
        if isinstance(value, dict):
            unknown = [key for key in value if key not in self.names]
            if unknown:
                raise ValueError(
                    f"{function}: {argument} has {unknown[0]!r}; must be of {list(self.names)}"
                )
            return [value.get(name) for name in self.names]
        if isinstance(value, (list, tuple)):
            if len(value) != number:
                raise ValueError(
                    f"{function}: {argument} has {len(value)} items; must be {number}, one "
                    f"for each of {list(self.names)}"
                )
            return list(value)
        if number > 1 and not shared:
            raise ValueError(
                f"{function}: {argument} must be a list or dictionary of {number}, one for "
                f"each of {list(self.names)}"
            )
        return [value] * number

    def arrange_labels(
        self, function: str, argument: str, y: Any, with_loss: Sequence[int]
    ) -> list[Any]:
        """Return the labels of each output; outputs without a loss may have none.

        Args:
            with_loss: the numbers of the outputs that have a loss.
        """
        listed = isinstance(y, (list, tuple))
        if self.number == 1 and not isinstance(y, dict):
            return [y]
        if listed and len(y) == len(with_loss) < self.number:
            given = dict(zip(with_loss, y, strict=True))
            return [given.get(i) for i in range(self.number)]
        if not listed and not isinstance(y, dict) and len(with_loss) == 1:
            return [y if i in with_loss else None for i in range(self.number)]
        return self.arrange(function, argument, y)


def _is_list_of_shapes(shapes: Any) -> bool:
    return isinstance(shapes, (list, tuple)) and any(isinstance(s, (list, tuple)) for s in shapes)

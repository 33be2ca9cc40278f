# SPDX-License-Identifier: BSD-3-Clause
"""Where elements come from: items of arrays, a user's generator, several datasets side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from pyconv.data.background import closed_after, go_on
from pyconv.data.elements import Element, as_element, filled, form_of, leaves, leaves_like, mapped
from pyconv.data.node import INFINITE, UNKNOWN, Node, Seeds, spawned


class Slices(Node):
    """The items of arrays of one length."""

    def __init__(self, tensors: object) -> None:
        function = "Dataset.from_tensor_slices"
        self.arrays = mapped(np.asarray, as_element(function, tensors))
        found = leaves(self.arrays)
        if not found:
            raise ValueError(f"{function}: tensors={tensors!r}; must hold an array")
        for array in found:
            if array.ndim == 0:
                raise ValueError(f"{function}: {array!r} has no axes; must be (n, ...)")
        lengths = [len(array) for array in found]
        if len(set(lengths)) != 1:
            raise ValueError(f"{function}: the arrays have {lengths} items; must be equal")
        self.count = lengths[0]

    @classmethod
    def of(cls, arrays: Element) -> Slices:
        """Return the items of arrays of our own, which may hold objects, unchecked."""
        slices = cls.__new__(cls)
        slices.arrays, slices.count = arrays, len(leaves(arrays)[0])
        return slices

    def start(self, seeds: Seeds) -> Iterator[Element]:
        picked = self.picked(seeds)
        assert picked is not None
        return picked

    def order(self, seeds: Seeds) -> tuple[Element, Iterator[int]]:
        return self.arrays, iter(range(self.count))


class Generated(Node):
    """What a function's iterable yields, called anew for each pass; arrays are copied."""

    def __init__(
        self,
        make: Callable[..., Iterable[Any]],
        arguments: Sequence[Any],
        dtypes: Element | None,
        shapes: Element | None,
    ) -> None:
        self.make, self.arguments, self.dtypes, self.shapes = make, arguments, dtypes, shapes
        self.count = UNKNOWN

    def start(self, seeds: Seeds) -> Iterator[Element]:
        return self._elements()

    def _elements(self) -> Iterator[Element]:
        made = self.make(*self.arguments)
        if not isinstance(made, Iterable):
            raise TypeError(
                f"Dataset.from_generator: generator returned {made!r}; must return an iterable"
            )
        items = iter(made)
        with closed_after(items):
            for item in items:
                go_on()
                yield self._checked(as_element("Dataset.from_generator", item, copy=True))

    def _checked(self, element: Element) -> Element:
        if self.dtypes is not None:
            element = self._fitted(element, self.dtypes, "dtypes", _cast)
        if self.shapes is not None:
            element = self._fitted(element, self.shapes, "shapes", _check_shape)
        return element

    @staticmethod
    def _fitted(
        element: Element, given: Element, what: str, fit: Callable[[Any, Any], Any]
    ) -> Element:
        parts, wanted = leaves_like(given, element), leaves(given)
        if parts is None:
            raise ValueError(
                f"Dataset.from_generator: yielded {form_of(element)}; the given {what} are {given}"
            )
        return filled(given, (fit(*pair) for pair in zip(parts, wanted, strict=True)))


def _cast(leaf: Any, dtype: np.dtype[Any]) -> Any:
    """Return an array in a dtype that can hold its values; text stays text."""
    array = np.asarray(leaf)
    if array.dtype.kind in "US" or dtype.kind in "US":
        if dtype.kind != array.dtype.kind:
            raise TypeError(f"Dataset.from_generator: yielded {leaf!r}; must be {dtype}")
        return leaf
    with np.errstate(invalid="ignore", over="ignore"):
        cast = array.astype(dtype, copy=False)
    bad = _changed(array, cast)
    if bad.any():
        raise ValueError(f"Dataset.from_generator: yielded {array[bad][0]}; must fit into {dtype}")
    return cast


def _changed(array: np.ndarray[Any, Any], cast: np.ndarray[Any, Any]) -> Any:
    """Return where a cast lost more than digits behind the point."""
    if cast.dtype.kind == "f":
        return np.isfinite(array) & ~np.isfinite(cast)
    if cast.dtype.kind == "b" or array.dtype == cast.dtype:
        return np.zeros(array.shape, bool)
    return cast != (np.trunc(array) if array.dtype.kind == "f" else array)


def _check_shape(leaf: Any, shape: Sized) -> Any:
    found = np.shape(leaf)
    fits = shape.axes is None or (
        len(found) == len(shape.axes)
        and all(s is None or s == f for s, f in zip(shape.axes, found, strict=True))
    )
    if not fits:
        raise ValueError(
            f"Dataset.from_generator: yielded an array of shape {found}; must be {shape.axes}"
        )
    return leaf


class Sized:
    """A shape as one leaf of a structure; None stands for any axes, or for any size of one."""

    def __init__(self, axes: Sequence[int | None] | None) -> None:
        self.axes = None if axes is None else tuple(axes)

    def __repr__(self) -> str:
        return str(self.axes)


class Zipped(Node):
    """Elements of several datasets side by side; the shortest ends the pass."""

    def __init__(self, form: Element, below: Sequence[Node]) -> None:
        self.form, self.below = form, below
        self.draws = any(node.draws for node in below)
        counts = [node.count for node in below]
        if UNKNOWN in counts:
            self.count = UNKNOWN
        else:
            self.count = min((c for c in counts if c != INFINITE), default=INFINITE)

    def start(self, seeds: Seeds) -> Iterator[Element]:
        parts = [node.start(spawned(seeds, i)) for i, node in enumerate(self.below)]
        return self._elements(parts)

    def _elements(self, parts: list[Iterator[Element]]) -> Iterator[Element]:
        with ExitStack() as stack:
            for part in parts:
                stack.enter_context(closed_after(part))
            for items in zip(*parts, strict=False):
                yield filled(self.form, items)

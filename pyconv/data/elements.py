# SPDX-License-Identifier: BSD-3-Clause
"""Elements of a dataset: an array, or tuples and dictionaries of arrays.

Inside the pipeline they are NumPy's; user code sees Tensors, whose values nobody can change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from pyconv.autograd import Tensor, array_of
from pyconv.backend import empty_on

Element: TypeAlias = Any  # an array or str, or a tuple or dict of elements
Leaf: TypeAlias = Any


def mapped(function: Callable[[Leaf], Any], element: Element) -> Any:
    """Return an element of the same form with what a function makes of each leaf."""
    if isinstance(element, tuple):
        return tuple(mapped(function, part) for part in element)
    if isinstance(element, dict):
        return {key: mapped(function, part) for key, part in element.items()}
    return function(element)


def leaves(element: Element) -> list[Leaf]:
    """Return the leaves of an element, left to right."""
    found: list[Leaf] = []
    mapped(found.append, element)
    return found


def leaves_like(form: Element, element: Element) -> list[Leaf] | None:
    """Return the leaves of an element in the order of a form; None where its form is another.

    The parts of dictionaries belong together by their names, in whatever order they stand.
    """
    if isinstance(form, dict) and isinstance(element, dict) and form.keys() == element.keys():
        pairs = [(part, element[key]) for key, part in form.items()]
    elif isinstance(form, tuple) and isinstance(element, tuple) and len(form) == len(element):
        pairs = list(zip(form, element, strict=True))
    elif isinstance(form, (dict, tuple)) or isinstance(element, (dict, tuple)):
        return None
    else:
        return [element]
    found: list[Leaf] = []
    for inner in (leaves_like(*pair) for pair in pairs):
        if inner is None:
            return None
        found += inner
    return found


def filled(form: Element, values: Iterable[Leaf]) -> Element:
    """Return an element of a given form with these leaves."""
    remaining = iter(values)
    return mapped(lambda _: next(remaining), form)


def form_of(element: Element) -> str:
    """Return the form of an element in words, for comparing and for errors."""
    return str(mapped(lambda _: _ARRAY, element))


class _Array:
    def __repr__(self) -> str:
        return "array"


_ARRAY = _Array()


def as_element(function: str, value: object, *, copy: bool = False) -> Element:
    """Return what a user gave as an element of NumPy arrays.

    Lists become arrays, Python floats float32; str and bytes stay. Tensors and arrays are taken as
    they are, or copied.
    Raises:
        TypeError: a leaf that is no number and no text. ValueError: a ragged list.
    """
    if isinstance(value, tuple):
        return tuple(as_element(function, part, copy=copy) for part in value)
    if isinstance(value, dict):
        return {key: as_element(function, part, copy=copy) for key, part in value.items()}
    return _as_leaf(function, value, copy)


def _as_leaf(function: str, value: object, copy: bool) -> Leaf:
    if isinstance(value, (str, bytes)):
        return value
    what = f"{function}: a part of an element"
    if isinstance(value, list):
        try:
            array = _array_of_list(value)
        except ValueError as error:
            raise ValueError(f"{what} is a list, but no array: {error}") from None
        if array.dtype.kind in "US":
            _check_texts(what, value, str if array.dtype.kind == "U" else bytes)
        value = array
    if isinstance(value, np.ndarray) and value.dtype.kind in "US":
        return value.copy() if copy else value
    array = array_of(value, what)
    if not isinstance(array, np.ndarray):  # a device's
        array = Tensor.wrap(array).numpy()
    return array.copy() if copy else array


def _array_of_list(value: list[Any]) -> Any:
    if value and isinstance(value[0], (Tensor, np.ndarray)):
        return np.stack([array_of(item) for item in value])
    array = np.asarray(value)
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _check_texts(what: str, items: Iterable[Any], kind: type) -> None:
    """Refuse a list of texts in which something else would become text."""
    for item in items:
        if isinstance(item, (list, tuple)):
            _check_texts(what, item, kind)
        elif not isinstance(item, kind):
            raise TypeError(f"{what} is a list of {kind.__name__} with {item!r} in it")
        else:
            _check_end(what, item)


def _check_end(what: str, text: Any) -> None:
    if text[-1:] in ("\0", b"\0"):
        raise ValueError(f"{what} is {text!r}; must not end in a zero byte, which arrays lose")


def leaf_array(function: str, leaf: Leaf) -> np.ndarray[Any, Any]:
    """Return a leaf as an array.

    Raises:
        ValueError: a text that ends in a zero byte, which the array would lose.
    """
    if isinstance(leaf, (str, bytes)):
        _check_end(f"{function}: a part of an element", leaf)
    return np.asarray(leaf)


def presented(element: Element) -> Any:
    """Return an element as user code sees it: Tensors; texts as str or arrays of them."""
    return mapped(_presented_leaf, element)


def _presented_leaf(leaf: Leaf) -> Any:
    if isinstance(leaf, (str, bytes)):
        return leaf
    array = np.asarray(leaf)
    if array.dtype.kind in "US":
        return array if array.ndim else array.item()
    return Tensor.wrap(array)


def sliced(arrays: Element, index: Any) -> Element:
    """Return the element at an index along the first axis, a view of the arrays."""
    return mapped(lambda array: array[index], arrays)


def gathered(arrays: Element, indices: Sequence[int]) -> Element:
    """Return the elements at several indices as one, stacked along a new first axis."""
    return mapped(lambda array: _gathered(array, indices), arrays)


def _gathered(array: np.ndarray[Any, Any], indices: Sequence[int]) -> Any:
    if array.dtype.kind in "US" or not array.dtype.isnative:
        return array[indices]
    out = empty_on(array, (len(indices), *array.shape[1:]))
    return np.take(array, indices, axis=0, out=out, mode="clip")


def stacked(function: str, elements: Sequence[Element]) -> Element:
    """Return several elements as one, stacked along a new first axis.

    Raises:
        ValueError: they differ in form, or their arrays in shape.
    """
    first = elements[0]
    parts = []
    for number, element in enumerate(elements):
        part = leaves_like(first, element)
        if part is None:
            raise ValueError(
                f"{function}: element 0 of a batch is {form_of(first)} and element {number} "
                f"{form_of(element)}; must be of one form"
            )
        parts.append(part)
    return filled(first, (_stack(function, column) for column in zip(*parts, strict=True)))


def _stack(function: str, column: Sequence[Leaf]) -> Any:
    arrays = [leaf_array(function, leaf) for leaf in column]
    shape, dtype = arrays[0].shape, arrays[0].dtype
    for number, array in enumerate(arrays):
        if array.dtype.kind != dtype.kind and {"U", "S"} & {array.dtype.kind, dtype.kind}:
            raise TypeError(
                f"{function}: element 0 of a batch is {dtype} and element {number} {array.dtype}; "
                "must be all numbers, all str or all bytes"
            )
        if array.shape != shape:
            raise ValueError(
                f"{function}: element 0 of a batch has shape {shape} and element {number} "
                f"{array.shape}; must be equal"
            )
    if dtype.kind in "US" or not dtype.isnative or any(a.dtype != dtype for a in arrays):
        return np.stack(arrays)
    return np.stack(arrays, out=empty_on(arrays[0], (len(arrays), *shape)))

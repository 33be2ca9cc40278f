# SPDX-License-Identifier: BSD-3-Clause
"""Plain arguments made plain: whole numbers, pairs, paddings, layouts; nonsense is refused."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable, Sequence
from numbers import Real
from typing import Any, Literal, TypeAlias, TypeGuard

import numpy as np

IntPair: TypeAlias = int | tuple[int, int]
Padding: TypeAlias = (
    Literal["valid", "same"] | int | tuple[int, int] | tuple[tuple[int, int], tuple[int, int]]
)
DataFormat: TypeAlias = Literal["channels_last", "channels_first"]
DATA_FORMATS: tuple[DataFormat, ...] = ("channels_last", "channels_first")
Shape: TypeAlias = tuple[int, ...]
# "valid", "same", or pixels (top, bottom, left, right).
Pads: TypeAlias = str | tuple[int, int, int, int]

LARGEST = 2**31 - 1


def whole_number(
    function: str, argument: str, value: object, minimum: int, largest: int = LARGEST
) -> int:
    """Return a Python int within [minimum, largest] from an int or a NumPy integer."""
    if type(value) is int:
        number = value
    elif isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = int(value)
    else:
        raise TypeError(f"{function}: {argument}={value!r}; must be an int")
    if number < minimum:
        raise ValueError(f"{function}: {argument}={number}; must be >= {minimum}")
    if number > largest:
        raise ValueError(f"{function}: {argument}={number}; must be <= {largest}")
    return number


def checked_axis(function: str, axis: object, rank: int) -> int:
    """Return the place of an axis among `rank` axes, counted from the first."""
    place = whole_number(function, "axis", axis, -LARGEST)
    if not -rank <= place < rank:
        raise ValueError(f"{function}: axis={place}; must be in [{-rank}, {rank})")
    return place % rank


def plain_number(function: str, argument: str, value: object) -> float:
    """Return a real number as a float, NaN and infinities too; what is no number is refused."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{function}: {argument}={value!r}; must be a number")
    try:
        return float(value)
    except OverflowError:  # an integer
        return math.inf if value > 0.0 else -math.inf  # type: ignore[operator]


def finite_number(
    function: str,
    argument: str,
    value: object,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
) -> float:
    """Return a finite number as a float, at least `least` and greater than `above`."""
    number = plain_number(function, argument, value)
    if not (math.isfinite(number) and number >= least and number > above):
        rule = "finite"
        if least > -math.inf:
            rule += f" and >= {least:g}"
        if above > -math.inf:
            rule += f" and > {above:g}"
        raise ValueError(f"{function}: {argument}={value}; must be {rule}")
    return number


def one_of(function: str, argument: str, name: object, names: Collection[str]) -> str:
    """Return a name that is among the names."""
    if not isinstance(name, str):
        raise TypeError(f"{function}: {argument}={name!r}; must be a name")
    if name not in names:
        rule = f"one of {', '.join(names)}" if len(names) > 1 else repr(*names)
        raise ValueError(f"{function}: {argument}={name!r}; must be {rule}")
    return name


def several_names(function: str, argument: str, value: object) -> list[str]:
    """Return names from a list, tuple, array or the keys of a dictionary; others are refused."""
    found = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(found, (list, tuple, dict)) or not all(isinstance(x, str) for x in found):
        raise TypeError(f"{function}: {argument}={value!r}; must be a list of names")
    return list(found)


def element_type(function: str, argument: str, value: object, kinds: str) -> np.dtype[Any]:
    """Return the dtype of a name, type or dtype whose kind is among NumPy's `kinds`."""
    try:
        if not isinstance(value, (str, type, np.dtype)):
            raise TypeError
        dtype = np.dtype(value)
    except TypeError:
        dtype = np.dtype(object)
    if dtype.kind not in kinds:
        text = " or text" if "U" in kinds else ""
        raise TypeError(f"{function}: {argument}={value!r}; must be a dtype of numbers{text}")
    return dtype


def dtype_name(
    function: str, dtype: object, names: Collection[str] = ("float32", "float64")
) -> str:
    """Return the name of a dtype given by it or as NumPy's; None is float32.

    NumPy would make a dtype of much else, such as a pair; it is refused.
    """
    found = "float32" if dtype is None else dtype
    if isinstance(dtype, (np.dtype, type)):
        found = np.dtype(dtype).name
    elif not isinstance(found, str):
        raise TypeError(f"{function}: dtype={dtype!r}; must be one of {', '.join(names)}")
    if found not in names:
        raise ValueError(f"{function}: dtype={dtype!r}; must be one of {', '.join(names)}")
    return str(found)


def checked_flag(function: str, argument: str, value: object) -> bool:
    """Return True or False; what is neither is refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{function}: {argument}={value!r}; must be True or False")
    return bool(value)


def checked_function(function: str, argument: str, value: object) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise TypeError(f"{function}: {argument}={value!r}; must be a function")


def items_of(function: str, argument: str, value: object) -> list[Any]:
    """Return the items of an iterable; text and what cannot be walked through are refused."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise TypeError(f"{function}: {argument}={value!r}; must be a list")
    if isinstance(value, np.ndarray) and not value.ndim:
        raise TypeError(f"{function}: {argument}={value!r}; must be a list")
    return list(value)


def checked_path(function: str, argument: str, value: object) -> str:
    """Return a path as text.

    Raises:
        TypeError: it is no path. ValueError: a zero byte in it, which no path has.
    """
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{function}: {argument}={value!r}; must be a path")
    path = os.fsdecode(value)
    if "\0" in path:
        raise ValueError(f"{function}: {argument}={path!r}; must be a path, without zero bytes")
    return path


def normalise_pair(function: str, argument: str, value: object, minimum: int) -> tuple[int, int]:
    """Return (height, width) from an int or a pair of ints, each within [minimum, 2^31 - 1].

    The pair may be an array of NumPy's.
    """
    if _is_row(value):
        if len(value) != 2:
            raise ValueError(f"{function}: {argument}={value!r}; must be an int or two ints")
        return (
            whole_number(function, f"{argument}[0]", value[0], minimum),
            whole_number(function, f"{argument}[1]", value[1], minimum),
        )
    if isinstance(value, (int, np.integer)):
        number = whole_number(function, argument, value, minimum)
        return number, number
    raise TypeError(f"{function}: {argument}={value!r}; must be an int or two ints")


def normalise_data_format(function: str, data_format: object) -> bool:
    """Return whether images are channels_first."""
    if isinstance(data_format, str) and data_format in DATA_FORMATS:
        return data_format == "channels_first"
    kind = ValueError if isinstance(data_format, str) else TypeError
    rule = " or ".join(map(repr, DATA_FORMATS))
    raise kind(f"{function}: data_format={data_format!r}; must be {rule}")


def padding_in_small(padding: Padding) -> Padding:
    """Return "valid" and "same" from any spelling of theirs, anything else as it is."""
    names: tuple[Literal["valid", "same"], ...] = ("valid", "same")
    if isinstance(padding, str):
        return next((name for name in names if name == padding.lower()), padding)
    return padding


_SIDES_RULE = "pixels, (height, width) or ((top, bottom), (left, right))"


def normalise_padding(function: str, padding: object) -> Pads:
    """Return "valid", "same", or pixels (top, bottom, left, right)."""
    rule = f"must be 'valid', 'same', {_SIDES_RULE}"
    if isinstance(padding, str):
        if padding in ("valid", "same"):
            return padding
        raise ValueError(f"{function}: padding={padding!r}; {rule}")
    if _is_row(padding) and len(padding) == 2 and _is_row(padding[0]) != _is_row(padding[1]):
        raise TypeError(f"{function}: padding[1]={padding[1]!r}; {rule}")
    return normalise_sides(function, "padding", padding, rule)


def normalise_sides(
    function: str, argument: str, value: object, rule: str = f"must be {_SIDES_RULE}"
) -> tuple[int, int, int, int]:
    """Return pixels (top, bottom, left, right), each at least 0.

    Pairs may be arrays of NumPy's; one pair may stand beside a number, as in Keras's layers.
    """
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        pixels = whole_number(function, argument, value, 0)
        return pixels, pixels, pixels, pixels
    if not _is_row(value):
        raise TypeError(f"{function}: {argument}={value!r}; {rule}")
    if len(value) != 2:
        raise ValueError(f"{function}: {argument}={value!r}; {rule}")
    sides: list[int] = []
    for i, side in enumerate(value):
        if _is_row(side) and len(side) != 2:
            raise ValueError(f"{function}: {argument}[{i}]={side!r}; {rule}")
        if not _is_row(side) and not isinstance(side, (int, np.integer)):
            raise TypeError(f"{function}: {argument}[{i}]={side!r}; {rule}")
        sides += normalise_pair(function, f"{argument}[{i}]", side, 0)
    return sides[0], sides[1], sides[2], sides[3]


def _is_row(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim > 0)

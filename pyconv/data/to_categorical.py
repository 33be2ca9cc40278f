# SPDX-License-Identifier: BSD-3-Clause
"""Class numbers as one-hot rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import LARGEST, whole_number
from pyconv.autograd import array_of


def to_categorical(x: Any, num_classes: int | None = None) -> npt.NDArray[np.float64]:
    """Return class numbers as rows of zeros with a one at the number's place.

    Args:
        x: (...) or (..., 1) whole numbers from 0.
        num_classes: by default one more than the largest number.
    Returns:
        (..., num_classes) float64.
    Raises:
        ValueError: a number that is not whole, below 0, or not below num_classes; nothing in x to
            tell num_classes from.
    Source: Keras utils.to_categorical.
    """
    numbers = np.asarray(array_of(x, "to_categorical: x"))
    if numbers.dtype.kind == "f":
        _refuse_first(numbers, numbers != np.floor(numbers), "must be a whole number")
    if num_classes is not None:
        num_classes = whole_number("to_categorical", "num_classes", num_classes, 1)
    most = (num_classes or LARGEST) - 1
    _refuse_first(numbers, (numbers < 0) | (numbers > most), f"must be 0 to {most}")
    numbers = numbers.astype(np.int64)
    if num_classes is None:
        if not numbers.size:
            raise ValueError(f"to_categorical: x.shape={numbers.shape}; needs num_classes")
        num_classes = int(numbers.max()) + 1
    shape = numbers.shape[:-1] if numbers.ndim > 1 and numbers.shape[-1] == 1 else numbers.shape
    rows = np.zeros((numbers.size, num_classes))
    rows[np.arange(numbers.size), numbers.ravel()] = 1
    return rows.reshape(*shape, num_classes)


def _refuse_first(numbers: npt.NDArray[Any], bad: npt.NDArray[np.bool_], rule: str) -> None:
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, place))
        raise ValueError(f"to_categorical: x[{where}]={numbers[place]}; {rule}")

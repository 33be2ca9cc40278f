# SPDX-License-Identifier: BSD-3-Clause
"""Class numbers of labels and of what a model predicts, checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.evaluation.numbers_of import numbers_of

Classes = npt.NDArray[np.int64]

MOST_CLASSES = 1 << 13  # a table of their pairs is 512 MB then


def class_numbers(function: str, argument: str, value: object) -> Classes:
    """Return class numbers (n,).

    Args:
        value: (n,) or (n, 1) class numbers from 0; (n, 1) probabilities of class 1, of which more
            than 0.5 is class 1; or (n, classes) outputs or one-hot labels, the largest of which
            counts.
    Raises:
        TypeError: no numbers. ValueError: another rank, or naming the first value that is no class.
    """
    array = numbers_of(function, argument, value)
    if array.ndim == 2 and array.shape[1] > 1:
        bad = np.flatnonzero(np.isnan(array).any(axis=1))
        if bad.size:
            raise ValueError(f"{function}: {argument}[{bad[0]}] holds NaN; must be numbers")
        largest: Classes = array.argmax(axis=1).astype(np.int64)
        return largest
    if not (array.ndim == 1 or (array.ndim == 2 and array.shape[1] == 1)):
        raise ValueError(
            f"{function}: {argument}.shape={array.shape}; must be (n,), (n, 1) or (n, classes)"
        )
    flat = array.reshape(-1)
    if array.ndim == 2 and array.dtype.kind == "f" and (np.floor(flat) != flat).any():
        return _sides(function, argument, flat)
    good = (flat >= 0) & (flat < MOST_CLASSES) & (np.floor(flat) == flat)
    if not good.all():
        at = int(np.flatnonzero(~good)[0])
        raise ValueError(
            f"{function}: {argument}[{at}]={flat[at]}; must be a class number, 0 to "
            f"{MOST_CLASSES - 1}"
        )
    return flat.astype(np.int64)


def pair_of_classes(function: str, labels: object, predictions: object) -> tuple[Classes, Classes]:
    """Return the class numbers of labels and of predictions, equally many."""
    true = class_numbers(function, "labels", labels)
    found = class_numbers(function, "predictions", predictions)
    if len(true) != len(found):
        raise ValueError(f"{function}: {len(found)} predictions for {len(true)} labels")
    return true, found


def _sides(function: str, argument: str, probabilities: npt.NDArray[Any]) -> Classes:
    bad = np.flatnonzero(~((probabilities >= 0) & (probabilities <= 1)))
    if bad.size:
        raise ValueError(
            f"{function}: {argument}[{bad[0]}]={probabilities[bad[0]]}; must be a probability"
        )
    return (probabilities > 0.5).astype(np.int64)

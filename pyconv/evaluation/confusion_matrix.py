# SPDX-License-Identifier: BSD-3-Clause
"""The confusion matrix: how often which class was taken for which."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import whole_number
from pyconv.evaluation.class_numbers import MOST_CLASSES, pair_of_classes

Counts = npt.NDArray[np.int64]


def confusion_matrix(labels: Any, predictions: Any, *, classes: int | None = None) -> Counts:
    """Return counts (classes, classes): row = label, column = prediction.

    Args:
        labels: (n,) or (n, 1) class numbers from 0, or (n, classes) one-hot.
        predictions: the same, or (n, classes) outputs, or (n, 1) probabilities of class 1.
        classes: how many there are; as many as occur by default.
    Raises:
        TypeError: what is no number. ValueError: lengths differ, or a class number is negative, no
            whole number, or not below `classes`.

    >>> from pyconv.evaluation import confusion_matrix
    >>> confusion_matrix([0, 0, 1], [0, 1, 1]).tolist()
    [[1, 1], [0, 1]]
    """
    return counted("confusion_matrix", labels, predictions, classes)


def counted(function: str, labels: Any, predictions: Any, classes: int | None) -> Counts:
    """Return the confusion matrix for any function that needs it."""
    true, found = pair_of_classes(function, labels, predictions)
    most = int(max(true.max(initial=0), found.max(initial=0)))
    if classes is None:
        classes = most + 1
    elif whole_number(function, "classes", classes, 1) > MOST_CLASSES:
        raise ValueError(f"{function}: classes={classes}; must be <= {MOST_CLASSES}")
    if most >= classes:
        raise ValueError(f"{function}: classes 0 to {most}; must be 0 to {classes - 1}")
    counts = np.bincount(true * classes + found, minlength=classes**2)
    return counts.reshape(classes, classes).astype(np.int64)

# SPDX-License-Identifier: BSD-3-Clause
"""Checks of the plain arguments of fit, evaluate and predict."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from pyconv.callbacks import Callback


def is_whole(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def checked_batch_size(function: str, batch_size: Any, argument: str = "batch_size") -> int:
    """Return the batch size, 32 where None."""
    if batch_size is None:
        return 32
    if not is_whole(batch_size) or batch_size < 1:
        raise ValueError(f"{function}: {argument}={batch_size!r}; must be an integer >= 1")
    return int(batch_size)


def checked_steps(function: str, argument: str, steps: Any) -> int | None:
    """Return a number of batches, None where it is open; a broken one counts as a whole batch.

    Programs of Keras 2 divide the number of samples by that of a batch.
    """
    if steps is None:
        return None
    if isinstance(steps, (float, np.floating)) and 0 < steps < math.inf:
        return math.ceil(steps)
    if not is_whole(steps) or steps < 1:
        raise ValueError(f"{function}: {argument}={steps!r}; must be a number > 0 or None")
    return int(steps)


def check_epochs(epochs: Any, initial_epoch: Any) -> None:
    for name, value in (("epochs", epochs), ("initial_epoch", initial_epoch)):
        if not is_whole(value) or value < 0:
            raise ValueError(f"fit: {name}={value!r}; must be an integer >= 0")


def checked_verbose(function: str, verbose: Any) -> int:
    """Return 0, 1 or 2; "auto" is 1."""
    if isinstance(verbose, str) and verbose == "auto":
        return 1
    number = isinstance(verbose, (int, float, np.number, np.bool_))
    if not number or verbose not in (0, 1, 2):
        raise ValueError(f"{function}: verbose={verbose!r}; must be 'auto', 0, 1 or 2")
    return int(verbose)


def validates_after(epoch: int, validation_freq: int | Collection[int]) -> bool:
    """Tell whether validation runs after an epoch counted from 0."""
    if isinstance(validation_freq, (int, np.integer)):
        return (epoch + 1) % int(validation_freq) == 0
    return epoch + 1 in validation_freq


def check_validation_freq(validation_freq: Any) -> None:
    whole = is_whole(validation_freq) and validation_freq >= 1
    listed = isinstance(validation_freq, (list, tuple, set, frozenset, range))
    if not whole and not (listed and all(map(is_whole, validation_freq))):
        raise ValueError(
            f"fit: validation_freq={validation_freq!r}; must be an integer >= 1 or a list of epochs"
        )


def checked_shuffle(shuffle: Any) -> bool:
    """Return whether samples are shuffled; None is False, as in Keras."""
    if shuffle is None:
        return False
    if not isinstance(shuffle, (bool, np.bool_)):
        raise ValueError(f"fit: shuffle={shuffle!r}; must be True or False")
    return bool(shuffle)


def listed_callbacks(function: str, callbacks: Any) -> list[Any]:
    """Return callbacks as a list; one alone may be given as it is."""
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        return [callbacks]
    if not isinstance(callbacks, (list, tuple)):
        raise TypeError(f"{function}: callbacks={callbacks!r}; must be a list of Callbacks")
    return list(callbacks)


def checked_class_weight(class_weight: Any) -> dict[int, float] | None:
    """Return weights by class number."""
    if class_weight is None:
        return None
    if not isinstance(class_weight, dict):
        raise TypeError(f"fit: class_weight={class_weight!r}; must be a dictionary")
    for number, weight in class_weight.items():
        whole = is_whole(number) or (isinstance(number, (float, np.floating)) and number % 1 == 0)
        if not whole or number < 0:
            raise ValueError(f"fit: class_weight has the key {number!r}; must be class numbers")
        number_like = isinstance(weight, (int, float, np.number)) and not isinstance(weight, bool)
        if not (number_like and 0 <= weight < float("inf")):
            raise ValueError(f"fit: class_weight[{number}]={weight!r}; must be finite and >= 0")
    return {int(number): float(weight) for number, weight in class_weight.items()}

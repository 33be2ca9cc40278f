# SPDX-License-Identifier: BSD-3-Clause
"""Arrays of real numbers from what the caller has: arrays, lists, Tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.autograd import Tensor, array_of
from pyconv.backend import is_on_device, to_host


def numbers_of(function: str, argument: str, value: object) -> npt.NDArray[Any]:
    """Return an array of real numbers.

    Raises:
        TypeError: naming function and argument, what is none.
    """
    if value is None:
        raise TypeError(f"{function}: {argument} is None; must be an array")
    array = array_of(value, f"{function}: {argument}")
    if is_on_device(array):
        return to_host(array)
    if isinstance(value, (Tensor, np.ndarray)):
        return np.asarray(array)
    return np.asarray(value)  # lists of Python's floats keep their 53 bits

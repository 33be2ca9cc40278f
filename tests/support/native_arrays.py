# SPDX-License-Identifier: BSD-3-Clause
"""NumPy arrays for native functions that are called by address."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def addresses(*arrays: Any) -> list[int]:
    """Return where arrays begin; None is 0."""
    return [0 if a is None else a.ctypes.data for a in arrays]


def call(function: Any, code: Any, arrays: Any, *rest: Any) -> None:
    """Call a native function of a dtype code on arrays, which live until it is done."""
    function(code, *addresses(*arrays), *rest)


def shifted(x: Any) -> Any:
    """Return the array at an address that is no multiple of 16 bytes."""
    room = np.empty(x.size + 1, x.dtype)[1:].reshape(x.shape)
    room[...] = x
    return room


PLACES = pytest.mark.parametrize(
    "place", [np.ascontiguousarray, shifted], ids=["aligned", "shifted"]
)

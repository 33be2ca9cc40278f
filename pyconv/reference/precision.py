# SPDX-License-Identifier: BSD-3-Clause
"""The precision that references compute in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]


def widened(x: Array) -> Array:
    """Return x in float64, or in the long double it comes in."""
    return x.astype(np.result_type(x.dtype, np.float64))

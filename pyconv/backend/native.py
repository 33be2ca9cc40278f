# SPDX-License-Identifier: BSD-3-Clause
"""The module _core of native functions, and how its functions are told an element type."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

try:
    from pyconv import _core as _core
except ImportError as error:
    if str(error).startswith("PYCONV_"):  # a setting that the module refuses
        raise ImportError(f"pyconv: {error}") from None
    raise ImportError(
        f"pyconv: the native module pyconv._core does not load ({error}); Python takes a source "
        "checkout in the current folder before what is installed: run from another folder, or "
        "build it there with: pip install -e ."
    ) from error

Array: TypeAlias = npt.NDArray[Any]

CODES = {np.dtype(np.float32): 0, np.dtype(np.float64): 1}


def native_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.isnative else dtype.newbyteorder("=")

# SPDX-License-Identifier: BSD-3-Clause
"""A call that must be refused, and zeros to make it with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pyconv import ops


@dataclass(frozen=True)
class HostileCall:
    """One call, the error it must raise and a piece of the error's text."""

    function: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    error: type[Exception]
    text: str

    def run(self) -> object:
        """Make the call."""
        return getattr(ops, self.function)(*self.arguments, **self.options)


def zeros(*shape: int, dtype: str = "float32") -> np.ndarray:
    """Return a new array of zeros."""
    return np.zeros(shape, dtype)

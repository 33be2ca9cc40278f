# SPDX-License-Identifier: BSD-3-Clause
"""Weights in a file against those of a model: every difference first, then all values at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pyconv.autograd import Variable

Array = np.ndarray[Any, Any]


class Matching:
    """Pairs of a variable and what a file has for it; nothing changes before `assign`."""

    def __init__(self) -> None:
        self._wrong: list[str] = []
        self._pairs: list[tuple[Variable, str, Callable[[], Array]]] = []

    def differ(self, what: str) -> None:
        """Note a difference that is none of shape."""
        self._wrong.append(what)

    def pair(
        self,
        variable: Variable,
        name: str,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        read: Callable[[], Array],
    ) -> None:
        """Note what the file has for a variable; `read` is called once all shapes fit.

        A single number may be an integer: Keras counts what Normalization has seen.
        """
        if shape != variable.shape:
            self._wrong.append(f"{name} is {shape}, expected {variable.shape}")
        elif dtype.kind != "f" and not (shape == () and dtype.kind in "iu"):
            self._wrong.append(f"{name} is {dtype}, expected {variable.dtype}")
        else:
            self._pairs.append((variable, name, read))

    def assign(self) -> None:
        """Copy all values; where anything differs, a ValueError lists all and nothing changes."""
        if self._wrong:
            raise ValueError(f"weights differ from the model's: {'; '.join(self._wrong)}")
        values = [read() for _, _, read in self._pairs]
        for (variable, _, _), value in zip(self._pairs, values, strict=True):
            variable.assign(value)

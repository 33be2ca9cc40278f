# SPDX-License-Identifier: BSD-3-Clause
"""Which gradients a backward is asked for."""

from __future__ import annotations

from collections.abc import Collection


def checked_needs(function: str, needs: Collection[str]) -> frozenset[str]:
    """Return the names of the wanted gradients; others are refused."""
    if isinstance(needs, str):
        raise TypeError(f"{function}: needs={needs!r}; must be a tuple of names")
    wanted = frozenset(needs)
    for name in wanted - {"x", "kernel", "bias"}:
        raise ValueError(f"{function}: needs holds {name!r}; must hold only x, kernel, bias")
    return wanted

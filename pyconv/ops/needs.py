# SPDX-License-Identifier: BSD-3-Clause
"""Which gradients a backward is asked for."""

from __future__ import annotations

from collections.abc import Collection


def checked_needs(
    function: str,
    needs: Collection[str],
    names: tuple[str, ...] = ("x", "kernel", "bias"),
) -> frozenset[str]:
    """Return the names of the wanted gradients; others are refused."""
    if isinstance(needs, str):
        raise TypeError(f"{function}: needs={needs!r}; must be a tuple of names")
    wanted = frozenset(needs)
    for name in wanted - set(names):
        raise ValueError(f"{function}: needs holds {name!r}; must hold only {', '.join(names)}")
    return wanted

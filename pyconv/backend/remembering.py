# SPDX-License-Identifier: BSD-3-Clause
"""Remembers what checked constructors make: small operations come with the same sizes often."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pyconv.backend.native import _core

Given = ParamSpec("Given")
Made = TypeVar("Made")
# Results kept; one more and all are forgotten.
MOST = 4096


def remembered(make: Callable[Given, Made]) -> Callable[Given, Made]:
    """Return `make` with a memory, for positional arguments that are plain.

    1 == True == 1.0, but a constructor refuses two of them; so only exact types are looked up: int,
    str, bool, None, and tuples of int or of tuples of int. Errors are not remembered.
    """
    found: Callable[Given, Made] = _core.remembered(make, MOST)
    return found

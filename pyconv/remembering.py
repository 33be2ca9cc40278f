# SPDX-License-Identifier: BSD-3-Clause
"""Remembers what checked constructors make: small operations come with the same sizes often."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

from pyconv.backend import are_plain

Made = TypeVar("Made")
# Results kept, the oldest forgotten first.
MOST = 4096


def remembered(make: Callable[..., Made]) -> Callable[..., Made]:
    """Return `make` with a memory, for arguments that are plain: equal ones then mean the same.

    1 == True == 1.0, but a constructor refuses two of them; so only exact types are looked up, and
    tuples of exact integers. Errors are not remembered.
    """
    known = lru_cache(MOST, typed=True)(make)

    @wraps(make)
    def call(*arguments: Any, **options: Any) -> Made:
        if options or not are_plain(arguments):
            return make(*arguments, **options)
        return known(*arguments)

    return call

# SPDX-License-Identifier: BSD-3-Clause
"""Remembers what checked constructors make: small operations come with the same sizes often."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar

Made = TypeVar("Made")
# Results kept, the oldest forgotten first.
MOST = 4096
_PLAIN = {int, str, bool, type, type(None)}


def remembered(make: Callable[..., Made]) -> Callable[..., Made]:
    """Return `make` with a memory, for arguments that are plain: equal ones then mean the same.

    1 == True == 1.0, but a constructor refuses two of them; so only exact types are looked up, and
    tuples of exact integers. Errors are not remembered.
    """
    known = lru_cache(MOST, typed=True)(make)

    @wraps(make)
    def call(*arguments: Any, **options: Any) -> Made:
        if options:
            return make(*arguments, **options)
        for value in arguments:
            kind = type(value)
            if kind is tuple:
                for item in value:
                    if type(item) is not int:
                        return make(*arguments)
            elif kind not in _PLAIN:
                return make(*arguments)
        return known(*arguments)

    return call

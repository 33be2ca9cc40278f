# SPDX-License-Identifier: BSD-3-Clause
"""What Python's audit events tell of a block: files opened, code run, programs started."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WATCHED = ("open", "exec", "compile", "import", "pickle", "subprocess", "socket", "os", "ctypes")
_events: list[str] | None = None
_hooked = False


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _events is not None and event.split(".")[0] in WATCHED:
        _events.append(f"{event} {arguments[:1]}")


@contextmanager
def audited() -> Iterator[list[str]]:
    """Collect the watched events of the block."""
    global _events, _hooked
    if not _hooked:
        sys.addaudithook(_listen)
        _hooked = True
    _events = found = []
    try:
        yield found
    finally:
        _events = None

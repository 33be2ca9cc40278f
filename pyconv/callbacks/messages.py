# SPDX-License-Identifier: BSD-3-Clause
"""What callbacks tell the user when asked to."""

from __future__ import annotations

import sys


def tell(text: str) -> None:
    """Write a line to standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()

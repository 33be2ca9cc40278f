# SPDX-License-Identifier: BSD-3-Clause
"""Names that Keras gives by itself: conv2d, conv2d_1, max_pooling2d, counted per process."""

from __future__ import annotations

import re
from collections import Counter

_counts: Counter[str] = Counter()
_boundary = re.compile(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])")


def snake_case(name: str) -> str:
    """Return a class name in small letters: MaxPooling2D becomes max_pooling2d."""
    return _boundary.sub("_", name).lower()


def automatic_name(prefix: str) -> str:
    """Return the prefix, with a number from its second use on."""
    number = _counts[prefix]
    _counts[prefix] += 1
    return f"{prefix}_{number}" if number else prefix


def reset_names() -> None:
    """Count from the beginning again, as Keras's `clear_session` does."""
    _counts.clear()

# SPDX-License-Identifier: BSD-3-Clause
"""How the lectures' networks change pictures while they train; predict and evaluate do not."""

from __future__ import annotations

from pyconv.layers import RandomFlip, RandomRotation, RandomTranslation, RandomZoom
from pyconv.models import Sequential


def photograph_augmentation() -> Sequential:
    """Return layers that mirror photographs and turn and zoom them by a tenth and a fifth.

    Source: Chollet, Deep Learning with Python, second edition, chapter 8.
    """
    return Sequential([RandomFlip("horizontal"), RandomRotation(0.1), RandomZoom(0.2)])


def digit_augmentation() -> Sequential:
    """Return layers that shift and scale digits on black by a tenth, turned up to 10 degrees."""
    return Sequential(
        [
            RandomTranslation(0.1, 0.1, fill_mode="constant"),
            RandomRotation(10 / 360, fill_mode="constant"),
            RandomZoom(0.1, fill_mode="constant"),
        ]
    )

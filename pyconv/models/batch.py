# SPDX-License-Identifier: BSD-3-Clause
"""A batch on its way to a model."""

from __future__ import annotations

from typing import Any, NamedTuple


class Batch(NamedTuple):
    """Inputs in the model's form; labels and weights with an item per output."""

    x: Any
    y: list[Any]
    weights: list[Any]

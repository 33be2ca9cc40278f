# SPDX-License-Identifier: BSD-3-Clause
"""A batch on its way to a model."""

from __future__ import annotations

from typing import Any, NamedTuple

from pyconv.models.outputs import Outputs


class Batch(NamedTuple):
    """Inputs in the model's form; labels and weights with an item per output or part of `form`."""

    x: Any
    y: list[Any]
    weights: list[Any]
    form: Outputs | None = None  # of labels for a step of the user's: each batch may have its own

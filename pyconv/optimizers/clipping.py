# SPDX-License-Identifier: BSD-3-Clause
"""Gradients held short: each by itself, all together, or element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from pyconv.arguments import finite_number
from pyconv.backend import Array


class Clipping:
    """At most one of three rules.

    Args:
        clipnorm: a longer gradient is scaled to this length. global_clipnorm: all gradients are
            scaled by one factor where they are longer together. clipvalue: elements are held
            between -clipvalue and clipvalue.
    Source: Keras BaseOptimizer.
    """

    def __init__(
        self,
        kind: str,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        given = {
            "clipnorm": clipnorm,
            "clipvalue": clipvalue,
            "global_clipnorm": global_clipnorm,
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        for name, value in chosen.items():
            finite_number(kind, name, value, above=0)
        if len(chosen) > 1:
            raise ValueError(f"{kind}: {' and '.join(chosen)} are given; at most one of them")
        self.limits = {
            name: None if value is None else float(value) for name, value in given.items()
        }

    def of(self, gradients: list[Array]) -> list[Array]:
        """Return the gradients held short; those that are not touched, as they are."""
        if (limit := self.limits["clipvalue"]) is not None:
            return [np.clip(gradient, -limit, limit) for gradient in gradients]
        if (limit := self.limits["clipnorm"]) is not None:
            return [_scaled([gradient], limit)[0] for gradient in gradients]
        if (limit := self.limits["global_clipnorm"]) is not None:
            return _scaled(gradients, limit)
        return gradients

    def get_config(self) -> dict[str, Any]:
        return dict(self.limits)


def _scaled(gradients: list[Array], limit: float) -> list[Array]:
    """Return gradients times limit / length where their common length is beyond the limit."""
    length = math.sqrt(sum(float(np.square(g, dtype=np.float64).sum()) for g in gradients))
    if length <= limit:
        return gradients
    return [gradient * gradient.dtype.type(limit / length) for gradient in gradients]

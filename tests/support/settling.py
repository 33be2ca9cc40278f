# SPDX-License-Identifier: BSD-3-Clause
"""Weights of models that tests compare."""

from __future__ import annotations

from typing import Any

import numpy as np
from arrays import normal


def settled(model: Any, seed: int | str = 0) -> Any:
    """Give a model weights under which no normalisation is the identity."""
    for number, variable in enumerate(model.weights):
        noise = normal(variable.shape, variable.dtype, seed, number)
        variable.assign(np.abs(noise) + 0.5 if "variance" in variable.name else noise)
    return model

# SPDX-License-Identifier: BSD-3-Clause
"""The number that a model gives a class for one picture: what Grad-CAM and saliency explain."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import whole_number
from pyconv.autograd import Tensor


def class_score(
    function: str, output: Any, class_index: int | None, before_softmax: bool
) -> Tensor:
    """Return the score of a class, (1,), for a model's output (1, classes) or (1, 1).

    Args:
        class_index: the most probable class by default. One unit is the probability of class 1;
            the score of class 0 is its negative.
        before_softmax: take what the final softmax or sigmoid was computed from.
    Raises:
        ValueError: an output of another form, no such class, NaN.
    """
    if not isinstance(output, Tensor) or output.ndim != 2 or output.shape[0] != 1:
        shape = getattr(output, "shape", type(output).__name__)
        raise ValueError(f"{function}: the model gives {shape}; must give (n, classes)")
    values = output.numpy()[0]
    if not np.isfinite(values).all():
        raise ValueError(f"{function}: the model gives {values.tolist()}; must be finite")
    units = len(values)
    best = int(values.argmax()) if units > 1 else int(_says_yes(output, values[0]))
    index = best if class_index is None else whole_number(function, "class_index", class_index, 0)
    if index >= max(units, 2):
        raise ValueError(f"{function}: class_index={index}; must be < {max(units, 2)}")
    scores = output
    if before_softmax and output.made_from is not None:
        scores = output.made_from[1]
    if units == 1:
        return scores[:, 0] if index == 1 else -scores[:, 0]
    return scores[:, index]


def _says_yes(output: Tensor, value: Any) -> bool:
    """Tell whether one unit says class 1: a probability above 1/2, a logit above 0."""
    return bool(value > (0.5 if output.made_from is not None else 0.0))

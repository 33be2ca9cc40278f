# SPDX-License-Identifier: BSD-3-Clause
"""A model from a file, as the commands need it: one picture in, one probability per class out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.layers import Rescaling
from pyconv.layers.operation import Operation
from pyconv.models import Model, load_model
from pyconv.visualization.layer_outputs import layers_inside


@dataclass(frozen=True)
class Classifier:
    """A model, its pictures' (h, w, c), how many classes it tells apart, and its white.

    `white` is the value of a white pixel, 1 or 255; black is 0.
    A model of one unit tells two apart: the unit is the probability of class 1.
    """

    model: Model
    input_shape: tuple[int, int, int]
    classes: int
    white: float

    def probabilities(self, inputs: npt.NDArray[Any], batch_size: int) -> npt.NDArray[Any]:
        """Return (n, classes) for pictures (n, h, w, c).

        Raises:
            ValueError: the model gives something else.
        """
        found: npt.NDArray[Any] = self.model.predict(inputs, batch_size, verbose=0)
        bad = found[~((found >= 0) & (found <= 1))]
        if bad.size:
            raise ValueError(
                f"the model gives {bad[0]:g}; must give probabilities, by a softmax or sigmoid at "
                "its end"
            )
        return np.concatenate([1 - found, found], axis=1) if found.shape[1] == 1 else found


def load_classifier(path: str | os.PathLike[str]) -> Classifier:
    """Return the model of a file, not compiled.

    Raises:
        ValueError: no model, or one that takes or gives something else. OSError: no such file.
    """
    model = load_model(path, compile=False)
    taken, given = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    if taken is None or given is None or not (_sizes(taken, 4) and _sizes(given, 2)):
        raise ValueError(
            f"{os.fspath(path)}: takes {taken} and gives {given}; must take (None, h, w, c) and "
            "give (None, classes)"
        )
    return Classifier(model, taken[1:], max(given[1], 2), white_of(model))


def white_of(model: Model) -> float:
    """Return 255 for a model that begins by scaling or moving pixels of 0 to 255, 1 for others."""
    for layer in layers_inside(model):
        if isinstance(layer, Rescaling) and np.size(layer.scale) == np.size(layer.offset) == 1:
            scale, offset = np.asarray(layer.scale).item(), np.asarray(layer.offset).item()
            white = (1 - offset) / scale if scale else 0
            return 255.0 if abs(white - 255) < 1 else 1.0
        if layer.weights:
            break
    for step in getattr(model, "operations", ()):
        if isinstance(step, Operation):
            if _is_of_bytes(step):
                return 255.0
        elif step.weights:
            break
    return 1.0


def _is_of_bytes(operation: Operation) -> bool:
    """Tell whether arithmetic has a constant beyond what pixels from 0 to 1 would be changed by.

    So it is with the means of ImageNet, which preprocess_input subtracts within a model.
    """
    if operation.kind in ("GetItem", "Stack"):
        return False
    constants = (
        np.abs(x).max()
        for node in operation.inbound_nodes
        for x in node.arguments
        if isinstance(x, (int, float, np.ndarray)) and np.size(x)
    )
    return any(x > 2 for x in constants)


def _sizes(shape: object, rank: int) -> bool:
    return (
        isinstance(shape, tuple)
        and len(shape) == rank
        and all(isinstance(size, int) for size in shape[1:])
    )

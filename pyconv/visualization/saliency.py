# SPDX-License-Identifier: BSD-3-Clause
"""Saliency: how much the score of a class depends on each pixel, max over c of |d score / d x|."""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import checked_flag
from pyconv.autograd import GradientTape
from pyconv.models import Model
from pyconv.visualization.as_picture import Map
from pyconv.visualization.class_score import class_score
from pyconv.visualization.layer_outputs import channels_last, layout_of, model_input


def saliency(
    model: Model, picture: Any, class_index: int | None = None, *, before_softmax: bool = True
) -> Map:
    """Return the largest gradient over the channels of each pixel, divided by the largest of all.

    Args:
        model, picture, class_index, before_softmax: as of grad_cam.
    Returns:
        (h, w) of the picture, from 0 to 1; all 0 where no pixel matters.
    Raises:
        TypeError: no model, no numbers. ValueError: a picture or class that is not there; a score
            that does not depend on the picture.
    Source: Simonyan, Vedaldi, Zisserman 2014, section 3.1, which takes the score before softmax.
    """
    before_softmax = checked_flag("saliency", "before_softmax", before_softmax)
    model, x = model_input("saliency", model, picture)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        score = class_score("saliency", model(x, training=False), class_index, before_softmax)
    gradient = tape.gradient(score, x)
    if gradient is None:
        raise ValueError("saliency: the score does not depend on the picture")
    strength = np.abs(channels_last(gradient.numpy(), layout_of(model))[0]).max(axis=-1)  # (h, w)
    most = strength.max()
    return np.asarray(strength / most if most > 0 else strength, np.float32)

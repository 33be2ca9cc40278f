# SPDX-License-Identifier: BSD-3-Clause
"""Grad-CAM: which places of a picture speak for a class.

With maps A (h, w, c) of a late layer and w[c] = the mean over (h, w) of d score / d A[..., c]:
heat map = relu(mean over c of w[c] A[..., c]), divided by its largest value.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from pyconv.arguments import checked_flag
from pyconv.autograd import GradientTape, Tensor, no_recording
from pyconv.layers import Layer
from pyconv.layers.pool2d import Pooling2D
from pyconv.models import Model
from pyconv.visualization.as_picture import Map
from pyconv.visualization.class_score import class_score
from pyconv.visualization.layer_outputs import (
    LayerOutput,
    channels_last,
    check_maps,
    find_layer,
    model_input,
    run_watched,
)


def grad_cam(
    model: Model,
    picture: Any,
    layer: str | Layer | None = None,
    class_index: int | None = None,
    *,
    before_softmax: bool = True,
) -> Map:
    """Return where a model sees a class, as a heat map of the layer's maps.

    Args:
        model: any that gives (n, classes) or one unit for one picture; models inside are looked
            into.
        picture: one, (h, w, c), preprocessed as the model takes it.
        layer: whose maps are weighted, by name, path or as itself; at its last use. By default the
            last one before the end that makes maps of more than one pixel and is no pooling.
        class_index: the class; the most probable one by default.
        before_softmax: differentiate what the softmax or sigmoid at the end is computed from, as
            in the paper. False differentiates the probability, as the book's program does: then
            what speaks for a similar class counts against this one, and a class of probability 1
            has no gradient.
    Returns:
        (h, w) of the layer, from 0 to 1; all 0 where nothing speaks for the class.
    Raises:
        TypeError: no model, no numbers. ValueError: a picture, layer or class that is not there;
            a layer without maps, or on which the score does not depend.
    Source: Selvaraju et al. 2017, with the mean over channels of Chollet, Deep Learning with
        Python, 2nd edition, 9.4.3, where the paper has their sum: the scale cancels.
    """
    before_softmax = checked_flag("grad_cam", "before_softmax", before_softmax)
    model, x = model_input("grad_cam", model, picture)
    target = _last_maps(model, x) if layer is None else find_layer("grad_cam", model, layer)
    maps, gradient = _maps_and_gradient(model, x, target, class_index, before_softmax)
    weights = gradient.mean(axis=(0, 1, 2))  # (c,)
    heat = np.maximum((maps[0] * weights).mean(axis=-1), 0)  # (h, w)
    most = heat.max()
    return np.asarray(heat / most if most > 0 else heat, np.float32)


def _maps_and_gradient(
    model: Model, x: Tensor, target: Layer, class_index: int | None, before_softmax: bool
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the maps of a layer and the gradient of the score to them, (1, h, w, c) both."""
    seen: list[LayerOutput] = []
    with GradientTape(watch_accessed_variables=False) as tape:

        def visit(output: LayerOutput) -> None:
            if output.layer is target:
                check_maps("grad_cam", output)
                tape.watch(output.value)
                seen.append(output)

        y = run_watched(model, x, visit)
        if not seen:
            raise ValueError(f"grad_cam: layer {target.name!r} takes no part in {model.name!r}")
        score = class_score("grad_cam", y, class_index, before_softmax)
    last = seen[-1]
    gradient = tape.gradient(score, last.value)
    if gradient is None:
        raise ValueError(f"grad_cam: the score does not depend on layer {target.name!r}")
    return last.maps(), channels_last(gradient.numpy(), last.data_format)


def _last_maps(model: Model, x: Tensor) -> Layer:
    """Return the last layer, no model and no pooling, that makes maps of several pixels."""
    found: list[Layer] = []

    def visit(output: LayerOutput) -> None:
        if output.is_image and not isinstance(output.layer, (Model, Pooling2D)):
            found.append(output.layer)

    with no_recording():
        run_watched(model, x, visit)
    if not found:
        raise ValueError(f"grad_cam: no layer of {model.name!r} makes maps of several pixels")
    return found[-1]

# SPDX-License-Identifier: BSD-3-Clause
"""What many filters of a layer answer to; and several layers, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import IntPair, items_of, whole_number
from pyconv.layers import Layer
from pyconv.models import Model
from pyconv.visualization.as_picture import as_colours, as_picture
from pyconv.visualization.canvas import Path, figure
from pyconv.visualization.grad_cam import grad_cam
from pyconv.visualization.maximise_filter import filters_of, maximised
from pyconv.visualization.overlay import superimpose
from pyconv.visualization.tiles import tiled

Bytes = npt.NDArray[np.uint8]

COLUMNS, MARGIN = 8, 5


def filter_patterns(
    model: Model,
    layer: str | Layer,
    path: Path | None = None,
    *,
    filters: int | Sequence[int] = 64,
    size: IntPair | None = None,
    steps: int = 30,
    rate: float = 10.0,
    crop: int | None = None,
    seed: int = 0,
) -> Bytes:
    """Draw the pictures that filters of a layer answer to most, eight a row, and return them.

    Args:
        model, layer, size, steps, rate, crop, seed: as of maximise_filter.
        path: of the PNG file; None shows the picture.
        filters: the first so many, at most as many as there are; or which ones.
    Returns:
        The grid (height, width, 3), or (height, width) for one channel, gaps of 5 pixels black.
    Raises:
        TypeError, ValueError: an argument that does not fit the model.
    """
    function = "filter_patterns"
    chosen = _chosen(function, filters)
    if isinstance(filters, (int, np.integer)):
        chosen = chosen[: filters_of(function, model, layer, size)]
    found = maximised(function, model, layer, chosen, size, steps, rate, crop, seed)
    grid = tiled(np.stack([_shown(p) for p in found]), COLUMNS, MARGIN, background=0)
    height, width = grid.shape[:2]
    with figure(function, path, 8, 8 * height / width + 0.4) as drawn:
        axes = drawn.subplots()
        axes.imshow(grid, cmap="gray", vmin=0, vmax=255)
        axes.set_title(layer.name if isinstance(layer, Layer) else layer)
        axes.axis("off")
    return grid


def layer_depth(
    model: Model,
    layers: Sequence[str | Layer],
    path: Path | None = None,
    *,
    picture: Any = None,
    preprocessed: Any = None,
    class_index: int | None = None,
    filters: int | Sequence[int] = 6,
    size: IntPair | None = None,
    steps: int = 30,
    rate: float = 10.0,
    seed: int = 0,
) -> list[Bytes]:
    """Draw what the filters of several layers answer to, one row per layer, from edges to parts.

    Args:
        model, size, steps, rate, seed: as of maximise_filter. layers: from the first to the last.
        path: of the PNG file; None shows the picture.
        picture: a photograph (h, w, 3) or (h, w) that stands before each row with the layer's
            Grad-CAM over it; None leaves it out.
        preprocessed: the same as the model takes it; the picture itself by default.
        class_index: of Grad-CAM.
        filters: the first so many of each layer, or which ones.
    Returns:
        Each row's patterns, (filters, h, w[, 3]).
    Raises:
        TypeError, ValueError: an argument that does not fit the model; no layer.
    """
    function = "layer_depth"
    chosen = _chosen(function, filters)
    if isinstance(layers, (str, Layer)) or not layers:
        raise ValueError(f"{function}: layers={layers!r}; must be several names")
    layers = items_of(function, "layers", layers)
    rows = []
    for layer in layers:
        found = maximised(function, model, layer, chosen, size, steps, rate, None, seed)
        rows.append(np.stack([_shown(p) for p in found]))
    before = [_seen_by(model, layer, picture, preprocessed, class_index) for layer in layers]
    columns = len(chosen) + (picture is not None)
    with figure(function, path, 1.5 * columns, 1.6 * len(rows)) as drawn:
        panels = drawn.subplots(len(rows), columns, squeeze=False)
        for axes in panels.reshape(-1):
            axes.axis("off")
        for line, row, photograph, layer in zip(panels, rows, before, layers, strict=True):
            line[0].set_title(layer.name if isinstance(layer, Layer) else layer, loc="left")
            shown = [*([] if photograph is None else [photograph]), *row]
            for axes, pixels in zip(line, shown, strict=True):
                axes.imshow(pixels, cmap="gray")
    return rows


def _seen_by(
    model: Model, layer: str | Layer, picture: Any, preprocessed: Any, class_index: int | None
) -> Any:
    if picture is None:
        return None
    taken = picture if preprocessed is None else preprocessed
    heat = grad_cam(model, taken, layer, class_index)
    return superimpose(as_colours(as_picture("layer_depth", "picture", picture)), heat)


def _chosen(function: str, filters: int | Sequence[int]) -> Sequence[int]:
    if isinstance(filters, (int, np.integer)):
        return range(whole_number(function, "filters", filters, 1))
    given = items_of(function, "filters", filters)
    chosen = [whole_number(function, f"filters[{i}]", f, 0) for i, f in enumerate(given)]
    if not chosen:
        raise ValueError(f"{function}: filters is empty; must name a filter")
    return chosen


def _shown(pattern: Bytes) -> Bytes:
    """Return a pattern (h, w, c) as (h, w, 3); another number of channels by their mean, (h, w)."""
    if pattern.shape[2] == 3:
        return pattern
    grey: Bytes = pattern.mean(axis=2).round().astype(np.uint8)
    return grey

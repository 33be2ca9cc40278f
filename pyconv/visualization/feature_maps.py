# SPDX-License-Identifier: BSD-3-Clause
"""Feature maps: what layers make of one picture, channel by channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import whole_number
from pyconv.autograd import Tensor, no_recording
from pyconv.layers import Layer
from pyconv.layers.convolution import Convolution
from pyconv.layers.pool2d import Pooling2D
from pyconv.models import Model
from pyconv.visualization.canvas import Path, figure
from pyconv.visualization.layer_outputs import (
    LayerOutput,
    check_maps,
    find_layer,
    model_input,
    run_watched,
    shown_names,
)
from pyconv.visualization.tiles import tiled

Bytes = npt.NDArray[np.uint8]


def feature_maps(
    model: Model,
    picture: Any,
    path: Path | None = None,
    *,
    layers: str | Layer | Sequence[str | Layer] | None = None,
    columns: int = 16,
    cmap: str = "viridis",
) -> dict[str, Bytes]:
    """Draw the maps of layers for one picture, one panel per layer, and return the panels.

    Every map is scaled by itself: less its mean, divided by its deviation, times 64, plus 128, cut
    to 0..255. A map of zeros stays black, an even one becomes 128.

    Args:
        model: any; models inside are looked into.
        picture: one, (h, w, c), preprocessed as the model takes it.
        path: of the PNG file; None shows the picture.
        layers: names, paths or layers that make maps, one or several, each at its first use; all
            convolution and pooling layers by default.
        columns: maps a row.
    Returns:
        {layer: grid (height, width)}, in the order they run; maps one pixel apart, gaps 0. Layers
        of one name are called by their paths.
    Raises:
        TypeError: no model, no numbers. ValueError: a picture or layer that does not fit.
    Source: Chollet, Deep Learning with Python, 2nd edition, 9.4.1.
    """
    columns = whole_number("feature_maps", "columns", columns, 1)
    found = _maps_of(*model_input("feature_maps", model, picture), layers)
    grids = {
        name: tiled(np.stack([scaled_map(m) for m in np.moveaxis(maps, -1, 0)]), columns, 1, 0)
        for name, maps in found.items()
    }
    width = 8.0
    heights = [max(width * g.shape[0] / g.shape[1], 0.3) + 0.35 for g in grids.values()]
    with figure("feature_maps", path, width, sum(heights)) as drawn:
        panels = drawn.subplots(len(grids), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (name, grid) in zip(panels, grids.items(), strict=True):
            axes.imshow(grid, cmap=cmap, vmin=0, vmax=255, aspect="equal")
            axes.set_title(f"{name}: {found[name].shape[-1]} maps of {found[name].shape[:2]}")
            axes.axis("off")
    return grids


def scaled_map(values: npt.NDArray[Any]) -> Bytes:
    """Return one map (h, w) as bytes: (x - mean) / std * 64 + 128, cut; zeros stay 0."""
    if not values.any():
        return np.zeros(values.shape, np.uint8)
    centred = values.astype(np.float64) - values.mean(dtype=np.float64)
    even = np.ptp(values) == 0  # rounding may leave a deviation then
    scaled = np.zeros_like(centred) if even else centred / centred.std()
    pixels: Bytes = (scaled * 64 + 128).clip(0, 255).astype(np.uint8)
    return pixels


def _maps_of(model: Model, x: Tensor, layers: Any) -> dict[str, npt.NDArray[Any]]:
    """Return {name: maps (h, w, c)} of the layers asked for, each at its first use."""
    asked = [layers] if isinstance(layers, (str, Layer)) else layers
    wanted = None if asked is None else {find_layer("feature_maps", model, a) for a in asked}
    found: dict[Layer, npt.NDArray[Any]] = {}

    def visit(output: LayerOutput) -> bool:
        layer = output.layer
        shown = isinstance(layer, (Convolution, Pooling2D)) if wanted is None else layer in wanted
        if shown and layer not in found:
            check_maps("feature_maps", output)
            found[layer] = output.maps()[0]
        return len(found) == len(wanted) if wanted is not None else False

    with no_recording():
        run_watched(model, x, visit)
    missing = [layer.name for layer in wanted or () if layer not in found]
    if missing or not found:
        raise ValueError(f"feature_maps: {missing or 'no layer'} of {model.name!r} makes maps")
    names = shown_names(model)
    return {names[layer]: maps for layer, maps in found.items()}

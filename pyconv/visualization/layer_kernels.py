# SPDX-License-Identifier: BSD-3-Clause
"""The kernels of every convolution layer, one row per input channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import items_of, whole_number
from pyconv.layers import Conv2DTranspose, DepthwiseConv2D, Layer, SeparableConv2D
from pyconv.layers.convolution import Convolution
from pyconv.models import Model
from pyconv.visualization.as_picture import from_least_to_most
from pyconv.visualization.canvas import Path, figure
from pyconv.visualization.layer_outputs import check_model, find_layer, layers_inside, shown_names
from pyconv.visualization.tiles import tiled

Grid = npt.NDArray[np.float64]

KERNELS = ("depthwise_kernel", "kernel")  # a separable layer has a pointwise kernel, too


def layer_kernels(
    model: Model,
    path: Path | None = None,
    *,
    layers: str | Layer | Sequence[str | Layer] | None = None,
    rows: int | None = 8,
    columns: int | None = 32,
    cmap: str = "gray",
) -> dict[str, Grid]:
    """Draw the kernels of convolution layers, one panel per layer, and return the panels.

    All weights of a layer are scaled together, from 0, its smallest, to 1, its largest.

    Args:
        model: any that is built; models inside are looked into.
        path: of the PNG file; None shows the picture.
        layers: names, paths or layers; all convolutions by default.
        rows, columns: at most so many input channels and filters of a layer; None draws all.
    Returns:
        {layer: grid}: row = input channel, column = filter, one pixel apart, gaps NaN. A depthwise
        layer, or the depthwise part of a separable one, has a column per channel, a row per
        multiplier. Layers of one name are called by their paths.
    Raises:
        TypeError: no model. ValueError: a layer without a kernel of windows, or not built.
    """
    function = "layer_kernels"
    model = check_model(function, model)
    most = [
        None if value is None else whole_number(function, name, value, 1)
        for name, value in (("rows", rows), ("columns", columns))
    ]
    chosen = _convolutions(function, model, layers)
    names = shown_names(model)
    grids = {names[layer]: _grid(_kernel(function, layer), *most) for layer in chosen}
    width = 8.0
    heights = [max(width * g.shape[0] / max(g.shape[1], 32), 0.3) + 0.35 for g in grids.values()]
    with figure(function, path, width, sum(heights)) as drawn:
        panels = drawn.subplots(len(grids), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, layer in zip(panels, chosen, strict=True):
            axes.imshow(grids[names[layer]], cmap=cmap, vmin=0, vmax=1)
            axes.set_title(f"{names[layer]}: {_kernel(function, layer).shape}")
            axes.axis("off")
    return grids


def _convolutions(function: str, model: Model, layers: Any) -> list[Layer]:
    if layers is None:
        found: list[Layer] = [
            layer for layer in layers_inside(model) if isinstance(layer, Convolution)
        ]
        if not found:
            raise ValueError(f"{function}: {model.name!r} has no convolution layer")
        return found
    asked = layers
    if isinstance(layers, (str, Layer)):
        asked = [layers]
    asked = items_of(function, "layers", asked)
    if not asked:
        raise ValueError(f"{function}: layers is empty; must name a layer")
    return [find_layer(function, model, layer) for layer in asked]


def _kernel(function: str, layer: Layer) -> npt.NDArray[Any]:
    """Return the weights (kh, kw, rows, columns) of a layer."""
    turned = (DepthwiseConv2D, SeparableConv2D, Conv2DTranspose)  # (kh, kw, columns, rows)
    for name in KERNELS if isinstance(layer, Convolution) else ():
        kernel = getattr(layer, name, None)
        if kernel is not None:
            weights: npt.NDArray[Any] = kernel.numpy()
            return weights.swapaxes(2, 3) if isinstance(layer, turned) else weights
    built = "" if layer.built else ", not built"
    raise ValueError(
        f"{function}: layer {layer.name!r} is a {type(layer).__name__}{built}; must be a "
        "convolution with weights"
    )


def _grid(kernel: npt.NDArray[Any], rows: int | None, columns: int | None) -> Grid:
    scaled = from_least_to_most(kernel.astype(np.float64))[:, :, :rows, :columns]
    kh, kw, channels, filters = scaled.shape
    pictures = scaled.transpose(2, 3, 0, 1).reshape(channels * filters, kh, kw)
    return tiled(pictures, filters)

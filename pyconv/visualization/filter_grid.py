# SPDX-License-Identifier: BSD-3-Clause
"""The filters of a first layer as small pictures, before and after training."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import whole_number
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.as_picture import from_least_to_most
from pyconv.visualization.canvas import Path, figure
from pyconv.visualization.tiles import tiled

Grid = npt.NDArray[np.float64]


def filter_grid(
    kernel: Any,
    trained: Any = None,
    path: Path | None = None,
    *,
    cmap: str = "gray",
    columns: int = 8,
) -> Grid:
    """Draw every filter's first channel, `columns` per row, and beside them the trained ones.

    Args:
        kernel: (kh, kw, c, filters), a layer's kernel.
        trained: the same after training, or None.
        path: of the PNG file; None shows the picture.
        cmap: matplotlib's name; "gray_r" draws small weights white, as the book does.
    Returns:
        The grid: filters one pixel apart, each from 0, its smallest weight, to 1, its largest; gaps
        are NaN. With `trained` two grids, (2, height, width).
    Raises:
        TypeError: no numbers. ValueError: kernel is not 4-D, or the two differ in shape.
    """
    kernels = [
        numbers_of("filter_grid", name, k).astype(np.float64)
        for name, k in (("kernel", kernel), ("trained", trained))
        if k is not None or name == "kernel"
    ]
    if kernels[0].ndim != 4 or len({k.shape for k in kernels}) != 1 or not kernels[0].size:
        raise ValueError(
            f"filter_grid: kernel.shape={[k.shape for k in kernels]}; must be (kh, kw, c, filters)"
        )
    columns = whole_number("filter_grid", "columns", columns, 1)
    grids = [_grid(k[:, :, 0], columns) for k in kernels]
    height, width = grids[0].shape
    side = 4.2
    with figure("filter_grid", path, side * len(grids), side * height / width + 0.5) as picture:
        picture.get_layout_engine().set(w_pad=0.15)
        panels = picture.subplots(1, len(grids), squeeze=False)[0]
        titles = ["before training", "after training"] if len(grids) > 1 else [""]
        for axes, grid, title in zip(panels, grids, titles, strict=True):
            axes.imshow(grid, cmap=cmap, vmin=0, vmax=1)
            axes.set_title(title, fontsize=11)
            axes.axis("off")
    return grids[0] if trained is None else np.stack(grids)


def _grid(filters: Grid, columns: int) -> Grid:
    """Lay filters (kh, kw, count) out row by row, one pixel apart, each from 0 to 1."""
    return tiled(np.moveaxis(from_least_to_most(filters, axis=(0, 1)), -1, 0), columns)

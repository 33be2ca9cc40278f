# SPDX-License-Identifier: BSD-3-Clause
"""Output shapes of layers that slide a window, for inputs whose batch or size is open."""

from __future__ import annotations

from collections.abc import Callable

from pyconv.arguments import DATA_FORMATS, DataFormat, normalise_data_format
from pyconv.geometry import Window
from pyconv.layers.symbolic import Shape

OPEN = 4096  # pixels that stand for an open size while the rest of the geometry is checked


def checked_data_format(layer: str, data_format: str | None) -> DataFormat:
    """Return the data format, which may be in capitals; None is "channels_last"."""
    if isinstance(data_format, str) and data_format.lower() in DATA_FORMATS:
        data_format = data_format.lower()
    first = data_format is not None and normalise_data_format(layer, data_format)
    return "channels_first" if first else "channels_last"


def image_axes(data_format: DataFormat) -> tuple[int, int]:
    """Return the places of height and width in a shape."""
    return (2, 3) if data_format == "channels_first" else (1, 2)


def window_output_shape(
    window: Callable[[tuple[int, ...]], Window], input_shape: Shape, data_format: DataFormat
) -> Shape:
    """Return the window's output shape; an open batch, height or width stays open."""
    open_axes = {0, *image_axes(data_format)}
    known = tuple(
        (OPEN if axis else 1) if size is None and axis in open_axes else size
        for axis, size in enumerate(input_shape)
    )
    if None in known:
        raise ValueError(f"input shape {input_shape}; the number of channels must be known")
    output = window(known).output_shape  # type: ignore[arg-type]
    still_open = {a for a, size in enumerate(input_shape) if size is None}
    return tuple(None if axis in still_open else size for axis, size in enumerate(output))

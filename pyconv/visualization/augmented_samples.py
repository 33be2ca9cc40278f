# SPDX-License-Identifier: BSD-3-Clause
"""Pictures as augmentation changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv.arguments import whole_number
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.as_picture import as_picture
from pyconv.visualization.canvas import Path, figure


def augmented_samples(
    source: Callable[[Any], Any] | Iterable[Any],
    images: Any = None,
    path: Path | None = None,
    *,
    rows: int = 3,
    columns: int = 3,
) -> npt.NDArray[np.float32]:
    """Draw pictures from an augmentation, and return them.

    Args:
        source: a layer or any function from a batch (n, h, w, c) to another, called once per
            sample, on the first image each time; or an iterable of batches, x or (x, y), such as
            a generator or dataset, which is read as far as needed.
        images: what a function is called on, (n, h, w, c) or one (h, w, c); else None.
        path: of the PNG file; None shows the picture.
        rows, columns: of samples.
    Returns:
        (rows * columns, h, w[, 3]), from 0 to 1; bytes and values above 1 count as 0 to 255.
    Raises:
        TypeError: neither a function with images nor an iterable alone. ValueError: pictures of
            another shape or of different shapes; an iterable that ends too early.
    """
    function = "augmented_samples"
    count = whole_number(function, "rows", rows, 1) * whole_number(function, "columns", columns, 1)
    if callable(source) and images is not None:
        drawn_from = _augmented(function, source, images)
    elif isinstance(source, Iterable) and images is None:
        drawn_from = _from_batches(function, source)
    else:
        raise TypeError(
            f"{function}: source={type(source).__name__}, images={type(images).__name__}; must be "
            "a function with images, or an iterable alone"
        )
    samples = list(islice(drawn_from, count))
    if len(samples) < count or len({x.shape for x in samples}) > 1:
        raise ValueError(f"{function}: {len(samples)} pictures; must be {count} of one shape")
    # Together: one dark sample is no reason to take all for values from 0 to 1.
    stacked = np.stack(samples)
    scale = 255 if stacked.dtype.kind in "iu" or stacked.max() > 1 else 1
    pictures = np.stack([as_picture(function, "picture", (x / scale).clip(0, 1)) for x in stacked])
    height, width = pictures.shape[1:3]
    with figure(function, path, 2 * columns, 2 * rows * height / width) as drawn:
        panels = drawn.subplots(rows, columns, squeeze=False).reshape(-1)
        for axes, picture in zip(panels, pictures, strict=True):
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
            axes.axis("off")
    return pictures


def _augmented(function: str, augment: Callable[[Any], Any], images: Any) -> Iterator[Any]:
    batch = numbers_of(function, "images", images)
    batch = batch[None] if batch.ndim == 3 else batch
    if batch.ndim != 4 or not len(batch):
        raise ValueError(f"{function}: images.shape={batch.shape}; must be (n, h, w, c)")
    while True:
        made = numbers_of(function, "source(images)", augment(batch[:1]))
        if made.ndim != 4 or not len(made):
            raise ValueError(f"{function}: source(images).shape={made.shape}; must be (n, h, w, c)")
        yield made[0]


def _from_batches(function: str, batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        x = batch[0] if isinstance(batch, (tuple, list)) else batch
        pictures = numbers_of(function, "source", x)
        if pictures.ndim != 4:
            raise ValueError(
                f"{function}: source gives {pictures.shape}; must be batches (n, h, w, c)"
            )
        yield from pictures

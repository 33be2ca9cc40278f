# SPDX-License-Identifier: BSD-3-Clause
"""One image at another size, by each of the interpolations of image_dataset_from_directory.

y[i] = sum_p w[i, p] x[p] along rows, then along columns, where p runs over pixels whose centres
p + 1/2 lie nearer than the kernel's radius to the centre of pixel i, (i + 1/2) h / oh; each row
of w sums to 1. Kernels do not widen when an image shrinks: no antialiasing. "area" averages what
each pixel covers. "nearest" and "bilinear" are native.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from pyconv import ops
from pyconv.backend import contiguous, empty_on, resize_bytes
from pyconv.geometry import Window
from pyconv.ops.resize import Interpolation, interpolation_code

Floats: TypeAlias = npt.NDArray[np.float32]
Resampling: TypeAlias = Literal[
    "bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"
]
RESAMPLINGS: tuple[str, ...] = get_args(Resampling)


def _cubic(b: float, c: float) -> Callable[[Any], Any]:
    """Return the cubic kernel with parameters B and C (Mitchell and Netravali 1988)."""
    inner = np.array([12 - 9 * b - 6 * c, -18 + 12 * b + 6 * c, 0, 6 - 2 * b]) / 6
    outer = np.array([-b - 6 * c, 6 * b + 30 * c, -12 * b - 48 * c, 8 * b + 24 * c]) / 6

    def kernel(x: Any) -> Any:
        x = np.abs(x)
        return np.where(x < 1, np.polyval(inner, x), np.where(x < 2, np.polyval(outer, x), 0))

    return kernel


def _lanczos(radius: int) -> Callable[[Any], Any]:
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


def _gaussian(x: Any) -> Any:
    return np.exp(-((np.abs(x) / 0.5) ** 2) / 2)  # deviation radius / 3


_KERNELS: dict[str, tuple[int | float, Callable[[Any], Any]]] = {
    "bicubic": (2, _cubic(0, 0.5)),  # Keys 1981, a = -1/2
    "mitchellcubic": (2, _cubic(1 / 3, 1 / 3)),
    "lanczos3": (3, _lanczos(3)),
    "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, _gaussian),
}


def resample(
    image: npt.NDArray[Any], size: tuple[int, int], interpolation: str, out: Floats | None = None
) -> Floats:
    """Return an image (h, w, c) of any numbers as (oh, ow, c) float32.

    Args:
        interpolation: one of RESAMPLINGS.
        out: where to write it, (oh, ow, c), C-contiguous; a fresh array by default.
    Source: tf.image.resize with antialias=False.
    """
    h, w, c = image.shape
    y: Floats = empty_on(image, (*size, c), np.float32) if out is None else out
    name = "nearest" if (h, w) == size else interpolation  # every pixel is its own neighbour
    if name in ("nearest", "bilinear"):
        _resize(image, size, name, y)  # type: ignore[arg-type]
        return y
    rows = weights(h, size[0], name)  # (oh, h)
    columns = weights(w, size[1], name)  # (ow, w)
    tall = np.matmul(columns, contiguous(image, np.float32))  # (h, ow, c)
    y[...] = (rows @ tall.reshape(h, -1)).reshape(*size, c)
    return y


def _resize(image: npt.NDArray[Any], size: tuple[int, int], name: Interpolation, y: Floats) -> None:
    if image.dtype != np.uint8:
        y[...] = ops.resize(contiguous(image, np.float32)[None], size, interpolation=name)[0]
        return
    resize_bytes(image, y, _packed(image.shape, size), interpolation_code("resample", name))


@lru_cache(maxsize=1024)  # of the sizes that photographs of a folder have
def _packed(shape: tuple[int, ...], size: tuple[int, int]) -> bytes:
    return Window.resize("resample", (1, *shape), size, "channels_last").packed


def weights(pixels: int, wanted: int, interpolation: str) -> Floats:
    """Return the weights (wanted, pixels) of one axis; every row sums to 1."""
    scale = pixels / wanted
    edges = np.arange(pixels)
    if interpolation == "area":
        first = np.arange(wanted)[:, None] * scale
        covered = np.minimum(edges + 1, first + scale) - np.maximum(edges, first)
        w = covered.clip(0)
    else:
        radius, kernel = _KERNELS[interpolation]
        distance = edges + 0.5 - (np.arange(wanted)[:, None] + 0.5) * scale
        w = np.where(np.abs(distance) < radius, kernel(distance), 0)
    return np.asarray(w / w.sum(1, keepdims=True), np.float32)


def resample_window(
    image: npt.NDArray[Any], size: tuple[int, int], interpolation: str, out: Floats | None = None
) -> Floats:
    """Return the largest centred window of the size's aspect ratio, at that size.

    Source: Keras smart_resize.
    """
    h, w = image.shape[:2]
    oh, ow = size
    rows = max(min(h, w * oh // ow), 1)
    columns = max(min(w, h * ow // oh), 1)
    top, left = (h - rows) // 2, (w - columns) // 2
    return resample(image[top : top + rows, left : left + columns], size, interpolation, out)


def resample_padded(
    image: npt.NDArray[Any], size: tuple[int, int], interpolation: str, out: Floats | None = None
) -> Floats:
    """Return the whole image at the largest size that fits, centred on zeros.

    Source: tf.image.resize_with_pad.
    """
    h, w = image.shape[:2]
    oh, ow = size
    # The side that fills the size exactly does so in whole numbers, too.
    height = oh if h * ow >= w * oh else max(math.floor(h * ow / w), 1)
    width = ow if w * oh >= h * ow else max(math.floor(w * oh / h), 1)
    y = np.empty((oh, ow, image.shape[2]), np.float32) if out is None else out
    y[...] = 0
    # Half of what is free before the height and the width are rounded down.
    top, left = max(oh * w - h * ow, 0) // (2 * w), max(ow * h - w * oh, 0) // (2 * h)
    y[top : top + height, left : left + width] = resample(image, (height, width), interpolation)
    return y

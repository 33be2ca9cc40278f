# SPDX-License-Identifier: BSD-3-Clause
"""Image kernels by name: blur, sharpen, edges; applied to a picture by the library's convolution.

As every convolution here it is a cross-correlation: y[i, j] = sum of picture[i + u, j + v] k[u, v].
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pyconv import ops
from pyconv.arguments import one_of
from pyconv.evaluation.numbers_of import numbers_of
from pyconv.visualization.as_picture import check_finite
from pyconv.visualization.canvas import Path, figure

Kernel = npt.NDArray[np.float64]
Pixels = npt.NDArray[Any]


def _kernel(*rows: tuple[int, int, int], divisor: int = 1) -> Kernel:
    return np.array(rows, np.float64) / divisor


_LEFT = _kernel((1, 0, -1), (2, 0, -2), (1, 0, -1))
_TOP = _kernel((1, 2, 1), (0, 0, 0), (-1, -2, -1))

# Source: V. Powell, "Image Kernels, explained visually", setosa.io/ev/image-kernels.
IMAGE_KERNELS: dict[str, Kernel] = {
    "identity": _kernel((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "blur": _kernel((1, 2, 1), (2, 4, 2), (1, 2, 1), divisor=16),
    "sharpen": _kernel((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "outline": _kernel((-1, -1, -1), (-1, 8, -1), (-1, -1, -1)),
    "emboss": _kernel((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
    "left sobel": _LEFT,
    "right sobel": -_LEFT,
    "top sobel": _TOP,
    "bottom sobel": -_TOP,
}
BORDERS = ("black", "cut", "repeat")


def apply_image_kernel(picture: Any, kernel: str | Any, *, border: str = "black") -> Pixels:
    """Return a picture under a kernel, each colour by itself.

    Args:
        picture: (h, w), (h, w, 1) or (h, w, 3); bytes or floats.
        kernel: a name of IMAGE_KERNELS, or (kh, kw) numbers, odd sizes.
        border: what the pixels get whose window does not fit: "black" is 0, "cut" leaves them out,
            "repeat" lets the outermost pixels stand for those beyond.
    Returns:
        shape of the picture, smaller by the kernel's reach for "cut". Bytes stay bytes, rounded
        and cut to 0..255; floats keep what the sum gives.
    Raises:
        TypeError: no numbers. ValueError: another shape, a picture smaller than the kernel, NaN,
            an unknown name.

    >>> import numpy as np
    >>> from pyconv.visualization import apply_image_kernel
    >>> apply_image_kernel(np.eye(3), "outline")[1].tolist()
    [0.0, 6.0, 0.0]
    """
    function = "apply_image_kernel"
    pixels = numbers_of(function, "picture", picture)
    if pixels.ndim not in (2, 3) or pixels.shape[2:] not in ((), (1,), (3,)) or not pixels.size:
        raise ValueError(
            f"{function}: picture.shape={pixels.shape}; must be (h, w), (h, w, 1) or (h, w, 3)"
        )
    one_of(function, "border", border, BORDERS)
    check_finite(function, "picture", pixels)
    weights = _weights(function, kernel)
    answer: Pixels = _answer(function, pixels.astype(np.float64), weights, border)
    if pixels.dtype.kind == "f":
        answer = answer.astype(pixels.dtype)
    elif pixels.dtype == np.uint8:
        answer = answer.round().clip(0, 255).astype(np.uint8)
    return answer


def image_kernels(picture: Any, path: Path | None = None) -> npt.NDArray[Any]:
    """Draw a picture under every named kernel, three a row, and return the results.

    Args:
        picture: as of apply_image_kernel. path: of the PNG file; None shows the picture.
    Returns:
        (kernels, h, w[, c]), in the order of IMAGE_KERNELS.
    """
    results = np.stack([apply_image_kernel(picture, name) for name in IMAGE_KERNELS])
    most = 255 if results.dtype.kind in "iu" or np.max(numbers_of("", "", picture)) > 1 else 1
    height, width = results.shape[1:3]
    with figure("image_kernels", path, 7.5, 7.5 * height / width + 0.9) as drawn:
        panels = drawn.subplots(3, 3).reshape(-1)
        for axes, name, result in zip(panels, IMAGE_KERNELS, results, strict=True):
            shown = result.reshape(height, width, -1)
            shown = np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else shown
            axes.imshow((shown / most).clip(0, 1))
            axes.set_title(name, fontsize=10)
            axes.axis("off")
    return results


def _weights(function: str, kernel: str | Any) -> Kernel:
    if isinstance(kernel, str):
        if kernel not in IMAGE_KERNELS:
            raise ValueError(
                f"{function}: kernel={kernel!r}; must be one of {', '.join(IMAGE_KERNELS)}"
            )
        return IMAGE_KERNELS[kernel]
    weights = numbers_of(function, "kernel", kernel).astype(np.float64)
    if weights.ndim != 2 or not all(size % 2 for size in weights.shape):
        raise ValueError(f"{function}: kernel.shape={weights.shape}; must be (kh, kw), odd")
    check_finite(function, "kernel", weights)
    return weights


def _answer(function: str, pixels: Pixels, weights: Kernel, border: str) -> Pixels:
    top, left = weights.shape[0] // 2, weights.shape[1] // 2
    if pixels.shape[0] <= 2 * top or pixels.shape[1] <= 2 * left:
        raise ValueError(
            f"{function}: picture.shape={pixels.shape}; must be at least {weights.shape}"
        )
    around = [(top, top), (left, left), (0, 0)][: pixels.ndim]
    if border == "repeat":
        pixels = np.pad(pixels, around, mode="edge")
    colours = pixels.reshape(*pixels.shape[:2], -1)
    batch = np.ascontiguousarray(colours.transpose(2, 0, 1))[..., None]  # (c, h, w, 1)
    y = ops.conv2d(batch, np.ascontiguousarray(weights)[:, :, None, None])[..., 0]
    answer = y.transpose(1, 2, 0).reshape(*y.shape[1:], *pixels.shape[2:])
    return np.pad(answer, around) if border == "black" else answer

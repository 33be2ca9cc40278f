# SPDX-License-Identifier: BSD-3-Clause
"""The ladder: one convolution, from Python loops to Winograd, each rung timed on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pyconv import backend, ops

Array = npt.NDArray[Any]

# A 3 x 3 layer from the middle of ResNet-50 and VGG: (n, h, w, c), filters, padding 1.
SHAPE, FILTERS = (4, 56, 56, 64), 64
LEAST_REPEATS = 5
# Output pixels that the slow rungs compute; the picture is the same, only smaller.
LOOP_PIXELS, NUMPY_IMAGES = 4, 1


class Rung(NamedTuple):
    """What a rung took: seconds for `flop` multiplications and additions, and how far it is off."""

    name: str
    what: str
    seconds: float
    flop: float
    error: float  # root of the mean square, relative to that of the exact results

    @property
    def gflops(self) -> float:
        """Multiplications and additions of the definition per second, in thousand millions."""
        return self.flop / self.seconds * 1e-9


def rungs(seconds: float) -> Iterator[Rung]:
    """Yield the rungs from the slowest up, each timed for about `seconds`."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(SHAPE, np.float32)
    kernel = rng.standard_normal((3, 3, SHAPE[3], FILTERS), np.float32)
    exact = ops.conv2d(x.astype(np.float64), kernel.astype(np.float64), padding=1)
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    for name, what, part, compute in _ways(x, padded, kernel):
        result, best = _timed(compute, seconds)
        wanted = exact.reshape(-1, FILTERS)[: len(result)]
        error = float(np.linalg.norm(result - wanted) / np.linalg.norm(wanted))
        yield Rung(name, what, best, 2.0 * part * kernel.size, error)


def _ways(
    x: Array, padded: Array, kernel: Array
) -> Iterator[tuple[str, str, int, Callable[[], Array]]]:
    """Yield (name, what it is, output pixels computed, function that computes them)."""
    image_pixels, pixels = x[0, ..., 0].size, x[..., 0].size
    yield (
        "Python loops",
        "the definition, number by number",
        LOOP_PIXELS,
        lambda: by_loops(padded, kernel, LOOP_PIXELS),
    )
    yield (
        "NumPy im2col",
        "windows as rows, then one np.dot: the books' way",
        image_pixels * NUMPY_IMAGES,
        lambda: by_numpy(padded[:NUMPY_IMAGES], kernel),
    )
    slow, fast = backend.instruction_sets()[0], backend.instruction_sets()[-1]
    for name, what, isa, algorithm in (
        ("plain C++", "the same matrix, compiled without vector instructions", slow, "im2col"),
        (
            "packed GEMM",
            f"that matrix, register tiles, packed panels, {fast}",
            fast,
            "im2col",
        ),
        ("direct", "the matrix never written out", fast, "direct"),
        ("Winograd", "36 products where the definition has 144", fast, "winograd"),
    ):

        def compute(isa: str = isa, algorithm: Any = algorithm) -> Array:
            with _isa(isa):
                y: Array = ops.conv2d(x, kernel, padding=1, algorithm=algorithm)
            return y.reshape(-1, FILTERS)

        yield name, what, pixels, compute


def by_loops(padded: Array, kernel: Array, pixels: int) -> Array:
    """Return the first output pixels of image 0 by the definition, in plain Python numbers."""
    image, weights = padded[0].tolist(), kernel.tolist()
    width, found = padded.shape[2] - 2, []
    for pixel in range(pixels):
        row, column = divmod(pixel, width)
        sums = [0.0] * FILTERS
        for r in range(3):
            for s in range(3):
                for value, filters in zip(image[row + r][column + s], weights[r][s], strict=True):
                    for f, weight in enumerate(filters):
                        sums[f] += value * weight
        found.append(sums)
    return np.array(found)


def by_numpy(padded: Array, kernel: Array) -> Array:
    """Return the output pixels by kh * kw slices and one product of matrices."""
    n, h, w, c = padded.shape
    col = np.empty((n, h - 2, w - 2, 3, 3, c), padded.dtype)
    for r in range(3):
        for s in range(3):
            col[:, :, :, r, s] = padded[:, r : r + h - 2, s : s + w - 2]
    product: Array = np.dot(col.reshape(-1, 9 * c), kernel.reshape(9 * c, -1))
    return product


def _timed(compute: Callable[[], Array], seconds: float) -> tuple[Array, float]:
    """Return the result and the shortest time of a run."""
    begun, best, repeats = time.perf_counter(), float("inf"), 0
    while repeats < LEAST_REPEATS or time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        result = compute()
        best = min(best, time.perf_counter() - start)
        repeats += 1
    return result, best


@contextmanager
def _isa(name: str) -> Iterator[None]:
    before = backend.instruction_set()
    backend.use_instruction_set(name)
    try:
        yield
    finally:
        backend.use_instruction_set(before)

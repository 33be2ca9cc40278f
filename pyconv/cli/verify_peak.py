# SPDX-License-Identifier: BSD-3-Clause
"""How fast the two kernels that matter most are here, beside what the processor can do at best."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from pyconv import backend, ops

PROBE_MILLISECONDS = 200
SECONDS = 0.4  # of each measurement
SIDE = 768  # of the matrices
IMAGES, KERNEL = (8, 56, 56, 64), (3, 3, 64, 64)


def peak_lines() -> Iterator[str]:
    """Yield a line per kernel and element type: GF/s, and the share of the measured peak."""
    for name in ("float32", "float64"):
        dtype = np.dtype(name)
        rng = np.random.default_rng(0)
        a, b = (rng.random((SIDE, SIDE)).astype(dtype) for _ in range(2))
        x, kernel = rng.random(IMAGES).astype(dtype), rng.random(KERNEL).astype(dtype)
        peak = backend.peak_gflops(dtype, PROBE_MILLISECONDS)
        products = IMAGES[0] * IMAGES[1] * IMAGES[2] * int(np.prod(KERNEL))
        rates = {
            f"gemm {SIDE}^3": 2e-9 * SIDE**3 / _best(_gemm(a, b)),
            "conv2d 3x3, 64 to 64 maps of 56x56": 2e-9 * products / _best(_conv2d(x, kernel)),
        }
        # Other programs may have slowed the first probe down.
        peak = max(peak, backend.peak_gflops(dtype, PROBE_MILLISECONDS))
        for title, rate in rates.items():
            yield (
                f"{title:<36}{name:<9}{rate:8.1f} GF/s  {100 * rate / peak:5.1f} % of the peak, "
                f"{peak:.0f} GF/s"
            )


def _gemm(a: Any, b: Any) -> Callable[[], object]:
    return lambda: ops.gemm(a, b)


def _conv2d(x: Any, kernel: Any) -> Callable[[], object]:
    return lambda: ops.conv2d(x, kernel, padding="same")


def _best(call: Callable[[], object]) -> float:
    """Return the seconds of the quickest call."""
    call()
    taken: list[float] = []
    while len(taken) < 3 or sum(taken) < SECONDS:
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return min(taken)

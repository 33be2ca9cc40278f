# SPDX-License-Identifier: BSD-3-Clause
"""How fast SimpleConvNet trains here the way the book teaches it, in plain NumPy."""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from pyconv.reference.book_convnet import Array, BookConvNet


def images_per_second(images: Array, labels: Array, *, seconds: float, batch_size: int) -> float:
    """Return the images per second, by the median batch, of training on (n, 28, 28) uint8."""
    rng = np.random.default_rng(0)
    network = BookConvNet.drawn(rng)
    taken: list[float] = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or network.steps < 3:
        chosen = rng.integers(0, len(images), batch_size)
        x, t = images[chosen, None] / 255.0, labels[chosen].astype(np.intp)
        start = time.perf_counter()
        network.train_step(x, t)
        taken.append(time.perf_counter() - start)
    return batch_size / median(taken)

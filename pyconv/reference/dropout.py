# SPDX-License-Identifier: BSD-3-Clause
"""Dropout: y = x / (1 - rate) where the element's random word is at least rate 2^32, else 0.

Words come from Philox-4x32-10 with the seed as key. Sixteen blocks side by side give 64 words:
lane k of block 16 g + b is word 64 g + 16 k + b.
Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, Parallel random numbers: as easy as 1, 2, 3 (2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

_LOW = 2**32 - 1


def philox(counter: Sequence[int], key: Sequence[int]) -> list[int]:
    """Return the four words of a block from its counter of four words and a key of two."""
    (c0, c1, c2, c3), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & _LOW, (p0 >> 32) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + 0x9E3779B9) & _LOW, (k1 + 0xBB67AE85) & _LOW
    return [c0, c1, c2, c3]


def random_words(count: int, seed: int) -> Array:
    """Return the first words of a seed, as uint64."""
    key = (seed & _LOW, seed >> 32)
    words = [
        philox((block & _LOW, block >> 32, 0, 0), key) for block in range(-(-count // 64) * 16)
    ]
    lanes = np.array(words, np.uint64).reshape(-1, 16, 4)  # (groups, blocks, lanes)
    first: Array = lanes.transpose(0, 2, 1).reshape(-1)[:count]
    return first


def dropout(
    x: Array, rate: float, *, seed: int, noise_shape: Sequence[int | None] | None = None
) -> Array:
    """Return x with elements dropped; along axes where noise_shape is 1 all share one word."""
    given = [None] * x.ndim if noise_shape is None else noise_shape
    shape = [size if noise is None else noise for size, noise in zip(x.shape, given, strict=True)]
    words = random_words(int(np.prod(shape)), seed).reshape(shape)
    scale = x.dtype.type(0.0 if rate == 1 else 1.0 / (1.0 - rate))
    y: Array = np.where(words < int(rate * 2**32), x.dtype.type(0), x * scale)
    return y


def dropout_backward(
    dy: Array, rate: float, *, seed: int, noise_shape: Sequence[int | None] | None = None
) -> Array:
    """Return dy dropped and scaled like x."""
    return dropout(dy, rate, seed=seed, noise_shape=noise_shape)

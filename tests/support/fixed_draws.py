# SPDX-License-Identifier: BSD-3-Clause
"""Random numbers that are not random: the same ones for pyconv's layers and for Keras's."""

from __future__ import annotations

from typing import Any

import numpy as np


class FixedDraws:
    """Shares in [0, 1), one per image, handed out in place of random ones, turned by each draw."""

    def __init__(self, *shares: float) -> None:
        self.shares, self.draws = np.array(shares, np.float64), 0

    def next(self, count: int) -> np.ndarray[Any, Any]:
        drawn = np.roll(self.shares, self.draws)[:count]
        self.draws += 1
        return drawn

    def uniform(self, low: float, high: float, count: int) -> np.ndarray[Any, Any]:
        return low + (high - low) * self.next(count)

    def random(self, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
        return np.repeat(self.next(shape[0])[:, None], shape[1], axis=1)

    def integers(self, count: int) -> int:
        return int(self.next(1)[0] * count)

    def keras_uniform(self, keras: Any) -> Any:
        """Return what stands in for keras.random.uniform."""

        def uniform(
            shape: Any,
            minval: float = 0.0,
            maxval: float = 1.0,
            dtype: Any = None,
            seed: Any = None,
        ) -> Any:
            count = shape[0] if len(shape) else 1
            drawn = self.uniform(minval, maxval, count).astype(np.float32)
            return keras.ops.convert_to_tensor(drawn.reshape(tuple(shape)))

        return uniform

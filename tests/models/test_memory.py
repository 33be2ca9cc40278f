# SPDX-License-Identifier: BSD-3-Clause
"""Memory stays flat over many predictions and training steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import pyconv
from pyconv import layers
from pyconv.models import Sequential


def resident_kilobytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0])


def test_ten_thousand_predictions_take_no_more_memory() -> None:
    model = Sequential(
        [
            layers.Input((12, 12, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    x = np.ones((1, 12, 12, 1), np.float32)
    for _ in range(500):
        model.predict_on_batch(x)
    before, in_use = resident_kilobytes(), pyconv.memory_info()["in_use"]
    for _ in range(10_000):
        model.predict_on_batch(x)
    assert resident_kilobytes() - before < 2048
    assert pyconv.memory_info()["in_use"] == in_use

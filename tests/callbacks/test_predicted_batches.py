# SPDX-License-Identifier: BSD-3-Clause
"""The outputs of each predicted batch reach the callbacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv import Input, layers, models
from pyconv.callbacks import Callback


class Keeping(Callback):
    def __init__(self) -> None:
        self.kept: list[Any] = []

    def on_predict_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None
        self.kept.append(logs["outputs"])


@pytest.mark.parametrize("samples", [3, 8, 9])
def test_what_a_callback_keeps_of_each_batch_is_the_prediction(samples: int) -> None:
    x = np.random.default_rng(0).normal(size=(samples, 6, 6, 3)).astype(np.float32)
    model = models.Sequential([Input((6, 6, 3)), layers.Conv2D(4, 3), layers.MaxPooling2D()])
    for _ in range(3):  # the later ones by a plan
        keeping = Keeping()
        y = model.predict(x, batch_size=4, verbose=0, callbacks=[keeping])
        assert [len(part) for part in keeping.kept[:-1]] == [4] * (len(keeping.kept) - 1)
        np.testing.assert_array_equal(np.concatenate(keeping.kept), y)


def test_several_outputs_come_in_the_structure_of_the_model() -> None:
    inputs = Input((2,))
    model = models.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(3)(inputs)])
    keeping = Keeping()
    model.predict(np.ones((2, 2), np.float32), verbose=0, callbacks=[keeping])
    assert [part.shape for part in keeping.kept[0]] == [(2, 1), (2, 3)]

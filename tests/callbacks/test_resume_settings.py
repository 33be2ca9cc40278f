# SPDX-License-Identifier: BSD-3-Clause
"""Training that was stopped goes on to the same bits, whatever the network draws and keeps."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.callbacks import BackupAndRestore, Callback
from pyconv.models import Sequential

GENERATOR = np.random.default_rng(7)
X = GENERATOR.random((40, 6, 6, 1), np.float32)
Y = GENERATOR.integers(0, 3, 40)
EPOCHS, BATCH = 3, 8
SETTINGS = list(product([False, True], repeat=4))


class Stop(Callback):
    """Ends the fit after some batches."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def network(seed: int, dropout: bool, normalised: bool) -> Sequential:
    pyconv.set_seed(seed)
    stack = [layers.Input((6, 6, 1)), layers.Conv2D(4, 3, activation="relu")]
    if normalised:
        stack.append(layers.BatchNormalization())
    if dropout:
        stack.append(layers.Dropout(0.4))
    model = Sequential([*stack, layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.compile(pyconv.optimizers.RMSprop(0.01), "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize(("dropout", "shuffled", "normalised", "within"), SETTINGS)
def test_the_end_is_the_same_bits(
    dropout: bool, shuffled: bool, normalised: bool, within: bool, tmp_path: Path
) -> None:
    options = {"batch_size": BATCH, "epochs": EPOCHS, "verbose": 0, "shuffle": shuffled}
    whole = network(1, dropout, normalised)
    whole.fit(X, Y, **options)
    backup = {"save_freq": 3 if within else "epoch"}
    first = network(1, dropout, normalised)
    with pytest.raises(KeyboardInterrupt):
        first.fit(X, Y, callbacks=[BackupAndRestore(tmp_path / "b", **backup), Stop(9)], **options)
    again = network(2, dropout, normalised)  # another seed: all must come from the backup
    again.fit(X, Y, callbacks=[BackupAndRestore(tmp_path / "b", **backup)], **options)
    for mine, other in zip(again.get_weights(), whole.get_weights(), strict=True):
        assert mine.tobytes() == other.tobytes()

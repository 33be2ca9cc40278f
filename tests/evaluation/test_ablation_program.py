# SPDX-License-Identifier: BSD-3-Clause
"""The textbook's ablation, small: augmentation x dropout x l2 over folds, trained for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv import Sequential, datasets, random, set_seed
from pyconv.evaluation import KFold, ablation, cross_validate
from pyconv.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from pyconv.regularizers import l2
from pyconv.visualization import box_plot

SWITCHES = ["augmentation", "dropout", "l2"]


def build(dropout: bool, decay: bool) -> Sequential:
    """A small net of the textbook's kind; the decay lies on the last kernel, as there."""
    last = Dense(10, activation="softmax", kernel_regularizer=l2(0.01) if decay else None)
    drop = [Dropout(0.25)] if dropout else []
    stack = [Conv2D(8, 3, activation="relu"), MaxPooling2D(2), *drop, Flatten(), last]
    model = Sequential([Input((28, 28, 1)), *stack])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def shifted(x: np.ndarray) -> np.ndarray:
    """Return each picture moved by at most two pixels."""
    moves = random.generator().integers(-2, 3, (len(x), 2))
    return np.stack([np.roll(p, move, (0, 1)) for p, move in zip(x, moves.tolist(), strict=True)])


def test_the_table_has_all_eight_rows_and_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    set_seed(0)
    images, y = datasets.generated_digits(400, 3)
    x = images[..., None] / np.float32(255)

    def score(on: dict[str, bool], fold: Any) -> float:
        train, test = fold

        def fit(model: Any, part: Any, held_out: Any) -> None:
            inputs, labels = part
            if on["augmentation"]:
                inputs = np.concatenate([inputs, shifted(inputs)])
                labels = np.concatenate([labels, labels])
            model.fit(inputs, labels, batch_size=20, epochs=3, verbose=0)

        found = cross_validate(
            lambda: build(on["dropout"], on["l2"]), x, y, folds=[(train, test)], fit=fit
        )
        return found.mean["accuracy"]

    table = ablation(score, SWITCHES, KFold(2).split(x))
    assert table.labels == ("000", "001", "010", "011", "100", "101", "110", "111")
    assert table.values.shape == (8, 2)
    assert (table.values > 0.3).all(), "ten classes: chance is 0.1"
    assert table.effect("augmentation") > 0, "twice the steps on 200 pictures help"
    drawn = box_plot(table, tmp_path / "ablation.png")
    np.testing.assert_array_equal(drawn, table.values)

# SPDX-License-Identifier: BSD-3-Clause
"""Curves of a training that was not validated after every epoch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import layers
from pyconv.callbacks import History
from pyconv.visualization import curves

pyplot = pytest.importorskip("matplotlib.pyplot", reason="no matplotlib")
NAN = float("nan")


def fitted(**options: Any) -> History:
    model = pyconv.Sequential([pyconv.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    y = x.sum(1, keepdims=True)
    return model.fit(x, y, validation_data=(x, y), verbose=0, **options)


@pytest.mark.parametrize(
    ("options", "validated"),
    [
        ({"epochs": 5, "validation_freq": 2}, [2, 4]),
        ({"epochs": 6, "validation_freq": [1, 2, 5]}, [1, 2, 5]),
        ({"epochs": 7, "initial_epoch": 2, "validation_freq": 3}, [1, 4]),
    ],
)
def test_values_stand_at_the_epochs_that_were_validated(
    options: dict[str, Any], validated: list[int], tmp_path: Path
) -> None:
    history = fitted(**options)
    loss, val_loss = curves(history, tmp_path / "curves.png")
    np.testing.assert_array_equal(loss, history.history["loss"])
    assert (np.flatnonzero(~np.isnan(val_loss)) + 1).tolist() == validated
    np.testing.assert_array_equal(val_loss[~np.isnan(val_loss)], history.history["val_loss"])


def test_lines_are_drawn_where_the_values_stand() -> None:
    pyplot.switch_backend("agg")
    history = fitted(epochs=5, validation_freq=2)
    curves(history, None, smoothing=0.5)
    lines = pyplot.gcf().axes[0].get_lines()
    found = {tuple(line.get_xdata()) for line in lines}
    pyplot.close("all")
    assert found == {(1, 2, 3, 4, 5), (2, 4)}


def test_a_dictionary_is_taken_for_every_so_many_epochs(tmp_path: Path) -> None:
    history = {"loss": [5, 4, 3, 2, 1], "val_loss": [6, 7]}
    drawn = curves(history, tmp_path / "curves.png")
    np.testing.assert_array_equal(drawn, [[5, 4, 3, 2, 1], [NAN, 6, NAN, 7, NAN]])


@pytest.mark.parametrize(
    "history",
    [
        {"loss": [1, 2, 3, 4, 5], "val_loss": [1, 2, 3]},
        {"loss": [1, 2, 3, 4], "val_loss": []},
        {"loss": [1, 2], "accuracy": [1]},
    ],
)
def test_numbers_that_no_rule_explains_are_refused(history: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="curves: history has"):
        curves(history, tmp_path / "curves.png")


def test_the_epochs_go_with_the_state() -> None:
    history = fitted(epochs=4, validation_freq=2)
    other = History()
    other.set_state(history.get_state())
    assert other.epochs_of == history.epochs_of == {"loss": [0, 1, 2, 3], "val_loss": [1, 3]}
    older = history.get_state()
    del older["epochs_of"]
    other.set_state(older)
    assert other.epochs_of["loss"] == [0, 1, 2, 3]

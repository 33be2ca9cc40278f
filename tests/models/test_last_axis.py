# SPDX-License-Identifier: BSD-3-Clause
"""Grey images without their channel axis train a model that declares it, as in Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import layers

rng = np.random.default_rng(0)
IMAGES = rng.random((24, 6, 6)).astype("float32")
LABELS = np.arange(24) % 3


def sequential() -> Any:
    pyconv.set_seed(0)
    return pyconv.Sequential(
        [
            layers.Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1)),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def functional() -> Any:
    model = sequential()
    return pyconv.Model(model.input, model.output)


def all_answers(model: Any, x: np.ndarray) -> list[Any]:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, LABELS, batch_size=8, validation_split=0.25, verbose=0).history
    batches = pyconv.data.Dataset.from_tensor_slices((x, LABELS)).batch(8)
    return [
        *history.values(),
        model.evaluate(x, LABELS, verbose=0),
        model.evaluate(batches, verbose=0),
        model.predict(x, verbose=0),
        model.predict_on_batch(x[:2]),
        model(x[:2]).numpy(),
        model.train_on_batch(x[:4], LABELS[:4]),
    ]


@pytest.mark.parametrize("make", [sequential, functional])
def test_a_missing_last_axis_of_one_channel_changes_no_bit(make: Any) -> None:
    without, with_axis = (all_answers(make(), x) for x in (IMAGES, IMAGES[..., None]))
    for a, b in zip(without, with_axis, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("make", [sequential, functional])
def test_another_missing_axis_is_refused_with_both_shapes(make: Any) -> None:
    model = make()
    for x in (IMAGES[:, 0], np.zeros((2, 6, 6, 3), "float32")):
        with pytest.raises(ValueError, match=r"expected \(None, 6, 6, 1\)"):
            model.predict(x, verbose=0)


def test_a_last_axis_too_many_is_taken_away() -> None:
    model = pyconv.Sequential([pyconv.Input((4,)), layers.Dense(2)])
    x = rng.random((3, 4))
    assert np.array_equal(model.predict(x[..., None], verbose=0), model.predict(x, verbose=0))


def test_one_layer_that_is_no_list_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match=r"Sequential: layers=<Dense .*; must be a list"):
        pyconv.Sequential(layers.Dense(3))

# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of fit in the spellings that Keras takes too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from pyconv import layers, models
from pyconv.random import set_seed

X = np.random.default_rng(0).normal(size=(12, 4)).astype(np.float32)
Y = np.arange(12) % 3 == 1


def trained(y: Any = Y, **options: Any) -> list[np.ndarray[Any, Any]]:
    set_seed(3)
    model = models.Sequential([layers.Input((4,)), layers.Dense(2, "softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, y, batch_size=4, epochs=2, verbose=0, **options)
    return model.get_weights()


@pytest.mark.parametrize(
    ("spelt", "plain"),
    [
        ({"shuffle": None}, {"shuffle": False}),
        ({"class_weight": {0.0: 2.0, np.int64(1): 0.5}}, {"class_weight": {0: 2.0, 1: 0.5}}),
        ({"class_weight": {np.float32(1): 3}}, {"class_weight": {1: 3.0}}),
        ({"y": Y}, {"y": Y.astype(np.int64)}),
        ({"y": Y[:, None]}, {"y": Y.astype(np.int64)}),
    ],
)
def test_another_spelling_trains_the_same_weights(
    spelt: dict[str, Any], plain: dict[str, Any]
) -> None:
    for one, other in zip(trained(**spelt), trained(**plain), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("key", [0.5, float("nan"), float("inf"), -1.0, True, "0"])
def test_what_is_no_class_number_is_refused(key: Any) -> None:
    with pytest.raises(ValueError, match=r"class_weight has the key .*; must be class numbers"):
        trained(class_weight={key: 1.0})


def batches() -> Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    while True:
        yield X[:5], Y[:5]


def test_a_broken_number_of_batches_counts_the_last_one_too() -> None:
    model = models.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit_generator(
        batches(),
        steps_per_epoch=len(X) / 5,
        validation_data=batches(),
        validation_steps=np.float32(0.5),
        verbose=0,
    )
    assert model.optimizer.iterations == 3
    model.fit(batches(), steps_per_epoch=3.0, verbose=0)
    assert model.optimizer.iterations == 6
    assert model.predict(batches(), steps=12 / 5, verbose=0).shape == (15, 1)
    assert np.isfinite(model.evaluate(batches(), steps=12 / 5, verbose=0))


@pytest.mark.parametrize("steps", [0, 0.0, -0.5, float("nan"), float("inf"), "3", True])
def test_what_is_no_number_of_batches_is_refused(steps: Any) -> None:
    model = models.Sequential([layers.Input((4,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"fit: steps_per_epoch=.*; must be a number > 0 or None"):
        model.fit(batches(), steps_per_epoch=steps, verbose=0)

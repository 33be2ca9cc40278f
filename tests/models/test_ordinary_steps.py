# SPDX-License-Identifier: BSD-3-Clause
"""The steps of fit and evaluate, called by super() in a step of one's own."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS_LOSS_OF_STEPS, KERAS_WEIGHTS_AFTER_STEPS

import pyconv
from pyconv import Model

RNG = np.random.default_rng(7)
X = RNG.normal(size=(40, 6)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
WEIGHTS = np.linspace(1, 2, 40).astype("float32")
OPTIONS: dict[str, Any] = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}


def model_of(library: Any, kind: Any) -> Any:
    inputs = library.layers.Input((6,))
    model = kind(inputs, library.layers.Dense(1, activation="sigmoid")(inputs))
    drawn = np.random.default_rng(3)
    model.set_weights([drawn.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    model.compile(library.optimizers.SGD(2**-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def doubling(base: Any) -> Any:
    """Return a class that trains and measures on twice the inputs, and counts its steps."""

    class Doubling(base):  # type: ignore[misc]
        steps = 0

        def train_step(self, data: Any) -> dict[str, Any]:
            self.steps += 1
            return {**super().train_step((data[0] * 2, *data[1:])), "steps": self.steps}

        def test_step(self, data: Any) -> dict[str, Any]:
            logs: dict[str, Any] = super().test_step((data[0] * 2, *data[1:]))
            return logs

    return Doubling


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_they_do_what_fit_and_evaluate_do(weights: Any) -> None:
    own, usual = model_of(pyconv, doubling(Model)), model_of(pyconv, Model)
    found = []
    for model, x in ((own, X), (usual, X * 2)):
        history = model.fit(x, Y, sample_weight=weights, validation_data=(x, Y), **OPTIONS).history
        found.append([history, model.evaluate(x, Y, verbose=0), model.get_weights()])
    assert found[0][0].pop("steps") == [5, 10]
    assert found[0][:2] == found[1][:2]
    for a, b in zip(found[0][2], found[1][2], strict=True):
        np.testing.assert_array_equal(a, b)
    assert own.test_on_batch(X, Y, return_dict=True).keys() == {"loss", "accuracy"}
    assert own.train_on_batch(X, Y, return_dict=True).keys() == {"loss", "accuracy", "steps"}


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_they_do_what_they_do_in_keras(keras: Any) -> None:
    both = [model_of(pyconv, doubling(Model)), model_of(keras, doubling(keras.Model))]
    mine, theirs = (model.fit(X, Y, validation_data=(X, Y), **OPTIONS).history for model in both)
    assert mine.keys() == theirs.keys()
    for name, values in mine.items():
        np.testing.assert_allclose(values, theirs[name], rtol=KERAS_LOSS_OF_STEPS["float32"])
    for own, other in zip(*(model.get_weights() for model in both), strict=True):
        np.testing.assert_allclose(own, other, atol=KERAS_WEIGHTS_AFTER_STEPS["float32"])


def test_they_need_a_batch() -> None:
    model = model_of(pyconv, Model)
    for name in ("train_step", "test_step"):
        with pytest.raises(RuntimeError, match=f"{name}: no batch yet; call it in"):
            getattr(model, name)((X, Y))


def test_a_metric_kept_as_an_attribute_is_among_the_model_s_own() -> None:
    class Gauged(Model):
        def compile(self, *arguments: Any, **options: Any) -> None:
            super().compile(*arguments, **options)
            self.mean = pyconv.metrics.Mean(name="mean_input")

        def train_step(self, data: Any) -> dict[str, Any]:
            self.mean.update_state(data[0])
            return super().train_step(data)

    model = model_of(pyconv, Gauged)
    history = model.fit(X, Y, **OPTIONS).history
    assert list(history) == ["loss", "accuracy", "mean_input"]
    np.testing.assert_allclose(
        history["mean_input"], [X.mean()] * 2, rtol=KERAS_LOSS_OF_STEPS["float32"]
    )


def test_labels_of_a_step_of_one_s_own_are_those_given_and_not_the_loss_s() -> None:
    shapes: list[Any] = []

    class Watching(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            shapes.append((data[1].shape, str(data[1].dtype)))
            return super().train_step(data)

    model = model_of(pyconv, Watching)
    for labels in (Y, Y[:, None], Y.astype("uint8"), Y.astype("float64")):
        model.train_on_batch(X, labels)
    assert shapes == [
        ((40,), "int64"),
        ((40, 1), "int64"),
        ((40,), "uint8"),
        ((40,), "float32"),
    ]


def test_a_step_with_the_name_and_documentation_of_the_ordinary_one_is_one_s_own() -> None:
    class Wrapping(Model):
        steps = 0

        @functools.wraps(Model.train_step)
        def train_step(self, data: Any) -> dict[str, Any]:
            self.steps += 1
            return super().train_step(data)

    model = model_of(pyconv, Wrapping)
    model.fit(X, Y, **OPTIONS)
    assert model.steps == 10

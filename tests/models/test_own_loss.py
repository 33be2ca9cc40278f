# SPDX-License-Identifier: BSD-3-Clause
"""A class of models with its own compute_loss or compute_metrics, and the ordinary steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS_LOSS_OF_STEPS, KERAS_WEIGHTS_AFTER_STEPS

import pyconv
from pyconv import Model, Tensor, losses, metrics, optimizers
from pyconv.optimizers import LossScaleOptimizer

RNG = np.random.default_rng(7)
X = RNG.normal(size=(20, 6)).astype("float32")
Y = RNG.normal(size=(20, 3)).astype("float32")
WEIGHTS = np.linspace(1, 2, 20).astype("float32")
OPTIONS: dict[str, Any] = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
LOSSES = ("loss", "val_loss")


def model_of(library: Any, kind: Any, loss: Any = "mse", optimizer: Any = None) -> Any:
    inputs = library.layers.Input((6,))
    hidden = library.layers.Dense(4, activation="tanh", kernel_regularizer="l2")(inputs)
    model = kind(inputs, library.layers.Dense(3)(hidden))
    drawn = np.random.default_rng(3)
    model.set_weights([drawn.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    model.compile(optimizer or library.optimizers.SGD(2**-4), loss, weighted_metrics=["mae"])
    return model


def by_square(base: Any) -> Any:
    """Return a class whose loss is its own, with `super()`'s where compile gives one."""

    class Squaring(base):  # type: ignore[misc]
        said: tuple[bool, ...] = ()

        def compute_loss(
            self,
            x: Any = None,
            y: Any = None,
            y_pred: Any = None,
            sample_weight: Any = None,
            training: bool = True,
        ) -> Any:
            self.said = (*self.said, training)
            loss = ((y_pred - y) ** 2).mean() + (x**2).mean()
            if self.loss is not None:
                loss = loss + 2 * super().compute_loss(x, y, y_pred, sample_weight, training)
            return loss

    return Squaring


def assert_same_weights(one: Any, other: Any, atol: float = 0.0) -> None:
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("loss", ["mse", None])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_the_ordinary_steps_do_what_they_do_in_keras(keras: Any, loss: Any, weights: Any) -> None:
    both = [
        model_of(pyconv, by_square(Model), loss),
        model_of(keras, by_square(keras.Model), loss),
    ]
    data: dict[str, Any] = {"sample_weight": weights, "validation_data": (X, Y)}
    mine, theirs = (model.fit(X, Y, **data, **OPTIONS).history for model in both)
    assert mine.keys() == theirs.keys()
    for name, values in mine.items():
        np.testing.assert_allclose(values, theirs[name], rtol=KERAS_LOSS_OF_STEPS["float32"])
    assert_same_weights(*both, atol=KERAS_WEIGHTS_AFTER_STEPS["float32"])
    # Keras tries the loss once before the first step.
    assert both[0].said == both[1].said[-len(both[0].said) :]


def test_one_batch_is_measured_by_it_too() -> None:
    model = model_of(pyconv, by_square(Model), None)
    expected = ((model.predict(X, verbose=0) - Y) ** 2).mean() + (X**2).mean()
    for step in (model.test_on_batch, model.train_on_batch):
        found = step(X, Y, return_dict=True)
        assert list(found) == ["loss", "mae"]
        np.testing.assert_allclose(found["loss"], expected, rtol=KERAS_LOSS_OF_STEPS["float32"])
    assert model.said == (False, True)


class AsCompiled(Model):
    """A loss of its own that is compile's."""

    def compute_loss(self, *arguments: Any, **options: Any) -> Any:
        return super().compute_loss(*arguments, **options)


class Sparing(Model):
    """As in Keras's older signature, which says nothing of training."""

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
        return super().compute_loss(x, y, y_pred, sample_weight)


@pytest.mark.parametrize("kind", [AsCompiled, Sparing])
def test_a_loss_of_one_s_own_that_is_compile_s_changes_nothing(kind: type[Model]) -> None:
    found = []
    for each in (kind, Model):
        model = model_of(pyconv, each)
        data: dict[str, Any] = {"sample_weight": WEIGHTS, "validation_data": (X, Y)}
        history = model.fit(X, Y, **data, **OPTIONS).history
        found.append((model, history, model.evaluate(X, Y, verbose=0)))
    assert found[0][1:] == found[1][1:]
    assert_same_weights(found[0][0], found[1][0])


def test_the_parts_of_several_losses_are_reported_as_usual() -> None:
    histories = []
    for kind in (AsCompiled, Model):
        inputs = pyconv.Input((6,))
        ends = [
            pyconv.layers.Dense(3, name=name, kernel_initializer="ones")(inputs) for name in "ab"
        ]
        model = kind(inputs, ends)
        model.compile("sgd", ["mse", "mae"], metrics=[["mae"], ["mse"]])
        histories.append(model.fit(X, [Y, Y * 2], **OPTIONS).history)
    assert histories[0] == histories[1]
    assert set(histories[0]) == {"loss", "a_loss", "b_loss", "a_mae", "b_mse"}


def test_it_is_called_by_super_in_a_step_of_one_s_own() -> None:
    class Stepping(by_square(Model)):  # type: ignore[misc]
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)

    found = []
    for kind in (Stepping, by_square(Model)):
        model = model_of(pyconv, kind)
        found.append(model.fit(X, Y, **OPTIONS).history)
    assert found[0] == found[1]
    assert model.said == (True,) * 6


def test_the_scaled_loss_is_of_one_s_own_loss() -> None:
    scaled = LossScaleOptimizer(optimizers.SGD(2**-4), initial_scale=2.0**10)
    models = [model_of(pyconv, by_square(Model), "mse", each) for each in (scaled, None)]
    histories = [model.fit(X, Y, **OPTIONS).history for model in models]
    for name, values in histories[0].items():
        np.testing.assert_allclose(values, histories[1][name], rtol=KERAS_LOSS_OF_STEPS["float32"])
    assert_same_weights(*models, atol=KERAS_WEIGHTS_AFTER_STEPS["float32"])


def test_its_labels_are_those_given_in_any_form() -> None:
    seen: list[Any] = []

    class Contrasting(Model):
        def compute_loss(
            self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool = True
        ) -> Any:
            seen.append((y, sample_weight))
            return (y_pred**2).mean()

    model = model_of(pyconv, Contrasting, loss="sparse_categorical_crossentropy")
    model.compile("sgd", "sparse_categorical_crossentropy")
    numbers, pictures = np.arange(20), np.ones((20, 2, 2), "float32")
    for y in (None, numbers + 100, {"a": numbers, "b": pictures}, [pictures, numbers]):
        assert model.fit(X, y, verbose=0).history.keys() == {"loss"}
        got = seen[-1][0]
        assert type(got) is type(y) or isinstance(got, Tensor)
    model.fit(X, pictures, sample_weight=pictures, verbose=0)
    assert seen[-1][1].shape == (20, 2, 2)


def test_a_metric_of_the_loss_s_own_begins_anew_with_each_epoch() -> None:
    class Tracking(Model):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self.tracked = metrics.Mean(name="my_loss")

        def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
            loss = losses.MeanSquaredError()(y, y_pred)
            self.tracked.update_state(loss)
            return loss

        @property
        def metrics(self) -> list[Any]:
            return [self.tracked]

    model = model_of(pyconv, Tracking)
    assert model.fit(X, Y, **OPTIONS).history.keys() == {"my_loss"}
    assert model.tracked.get_state()["count"] == 3


def test_metrics_of_one_s_own_are_what_the_steps_report() -> None:
    class Doubling(Model):
        def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**logs, "twice": 2 * logs["loss"]}

    own, usual = (model_of(pyconv, kind) for kind in (Doubling, Model))
    mine, theirs = (
        model.fit(X, Y, sample_weight=WEIGHTS, validation_data=(X, Y), **OPTIONS).history
        for model in (own, usual)
    )
    for name in LOSSES:
        assert mine.pop(name.replace("loss", "twice")) == [2 * value for value in mine[name]]
    assert mine == theirs
    assert_same_weights(own, usual)


@pytest.mark.parametrize(
    ("returned", "error", "message"),
    [
        (None, TypeError, r"Odd.compute_loss: returned NoneType; must return a Tensor"),
        (0.5, TypeError, r"Odd.compute_loss: returned float; must return a Tensor"),
        (Tensor(Y), ValueError, r"Odd.compute_loss: returned shape \(20, 3\); must be \(\), one"),
    ],
)
def test_what_it_returns_must_be_one_number(returned: Any, error: Any, message: str) -> None:
    class Odd(Model):
        def compute_loss(self, *arguments: Any, **options: Any) -> Any:
            return returned

    model, before = model_of(pyconv, Odd), model_of(pyconv, Model)
    for step in (model.train_on_batch, model.test_on_batch):
        with pytest.raises(error, match=message.replace("Odd", ".*Odd")):
            step(X, Y)
    assert_same_weights(model, before)


def test_labels_that_the_used_loss_cannot_take_are_refused_by_name() -> None:
    model = model_of(pyconv, AsCompiled)
    with pytest.raises(ValueError, match=r"mean_squared_error: labels of shape \(20, 2\); must be"):
        model.fit(X, Y[:, :2], verbose=0)
    with pytest.raises(TypeError, match=r"compute_loss: y is None; must be labels for the loss"):
        model.fit(X, verbose=0)

# SPDX-License-Identifier: BSD-3-Clause
"""A class of models that writes its own train_step or test_step (the book's chapter 7)."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import GradientTape, Model, Tensor, layers, losses, metrics

RNG = np.random.default_rng(7)
X = RNG.normal(size=(40, 6)).astype("float32")
Y = (X[:, :3].argmax(1)).astype("int64")


def of_class(kind: type[Model]) -> Model:
    pyconv.set_seed(3)
    inputs = pyconv.Input((6,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    return kind(inputs, layers.Dense(3, activation="softmax")(hidden))


class FromScratch(Model):
    """Loss, metric and steps of its own; compile gives the optimizer alone."""

    loss_of = losses.SparseCategoricalCrossentropy()
    mean = metrics.Mean(name="loss")

    def train_step(self, data: Any) -> dict[str, Any]:
        inputs, targets = data
        with GradientTape() as tape:
            predictions = self(inputs, training=True)
            loss = self.loss_of(targets, predictions)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.mean.update_state(loss)
        return {"loss": self.mean.result()}

    @property
    def metrics(self) -> list[Any]:
        return [self.mean]


class ByCompile(Model):
    """Steps of its own from compile's loss and metrics."""

    def train_step(self, data: Any) -> dict[str, Any]:
        inputs, targets = data
        with GradientTape() as tape:
            predictions = self(inputs, training=True)
            loss = self.compute_loss(y=targets, y_pred=predictions)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply(gradients, self.trainable_weights)
        return self._logs(loss, targets, predictions)

    def test_step(self, data: Any) -> dict[str, Any]:
        inputs, targets = data
        predictions = self(inputs, training=False)
        loss = self.compute_loss(y=targets, y_pred=predictions)
        return self._logs(loss, targets, predictions)

    def _logs(self, loss: Any, targets: Any, predictions: Any) -> dict[str, Any]:
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(targets, predictions)
        return {metric.name: metric.result() for metric in self.metrics}


def assert_same_weights(one: Model, other: Model) -> None:
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("batches", [False, True])
def test_a_loop_of_ones_own_learns_what_fit_learns(batches: bool) -> None:
    own, usual = of_class(FromScratch), of_class(Model)
    own.compile("rmsprop")
    usual.compile("rmsprop", "sparse_categorical_crossentropy")
    histories = []
    for model in (own, usual):
        data: Any = (X, Y)
        if batches:
            data = (pyconv.data.Dataset.from_tensor_slices((X, Y)).batch(8),)
        histories.append(model.fit(*data, batch_size=None if batches else 8, epochs=3,
                                   shuffle=False, verbose=0))  # fmt: skip
    assert_same_weights(own, usual)
    first, second = (history.history["loss"] for history in histories)
    np.testing.assert_allclose(first, second, rtol=1e-6)
    assert first[2] < first[0]


def test_loss_and_metrics_of_compile_serve_a_step_of_ones_own() -> None:
    own, usual = of_class(ByCompile), of_class(Model)
    for model in (own, usual):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    logs = [
        model.fit(X, Y, batch_size=8, epochs=2, validation_data=(X, Y), shuffle=False, verbose=0)
        for model in (own, usual)
    ]
    assert_same_weights(own, usual)
    assert logs[0].history.keys() == logs[1].history.keys()
    for name, values in logs[0].history.items():
        np.testing.assert_allclose(values, logs[1].history[name], rtol=1e-6)
    found = own.evaluate(X, Y, batch_size=8, verbose=0)
    np.testing.assert_allclose(found, usual.evaluate(X, Y, batch_size=8, verbose=0), rtol=1e-6)
    assert own.train_on_batch(X, Y, return_dict=True).keys() == {"loss", "accuracy"}
    assert own.test_on_batch(X, Y, return_dict=True).keys() == {"loss", "accuracy"}


def test_data_comes_in_keras_s_forms() -> None:
    seen: list[Any] = []

    class Watching(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(data)
            return {"seen": len(seen)}

    model = of_class(Watching)
    model.compile("sgd")
    weights = np.linspace(1, 2, 40).astype("float32")
    model.fit(X, batch_size=40, shuffle=False, verbose=0)
    model.fit(X, Y, batch_size=40, shuffle=False, verbose=0)
    history = model.fit(X, Y, batch_size=40, sample_weight=weights, shuffle=False, verbose=0)
    assert history.history == {"seen": [3.0]}
    alone, (x, y), (_, _, w) = seen
    for given, wanted in ((alone, X), (x, X), (y, Y), (w, weights)):
        assert isinstance(given, pyconv.Tensor)
        np.testing.assert_array_equal(given.numpy(), wanted)


def test_a_step_that_does_nothing_leaves_the_weights() -> None:
    class Idle(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {"loss": 1.5}

    model, before = of_class(Idle), of_class(Model)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.fit(X, Y, epochs=2, verbose=0).history == {"loss": [1.5, 1.5]}
    assert_same_weights(model, before)


def silent_model() -> Model:
    class Silent(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {}

        test_step = train_step

    model = of_class(Silent)
    model.compile("sgd")
    return model


def test_a_step_may_have_nothing_to_say() -> None:
    model = silent_model()
    assert model.fit(X, Y, verbose=0).history == {}
    assert model.evaluate(X, Y, verbose=0) == []
    assert model.train_on_batch(X, Y) == model.test_on_batch(X, Y) == []
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {}


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, r"train_step: returned NoneType; must return a dictionary"),
        (0.5, r"train_step: returned float; must return a dictionary"),
        ({"loss": "low"}, r"train_step: 'loss' is str; must be a number"),
        ({"loss": "0.5"}, r"train_step: 'loss' is str; must be a number"),
        ({"loss": 10**400}, r"train_step: 'loss' is int; must be a number that a float holds"),
        ({"loss": X}, r"train_step: 'loss' is ndarray; must be a number"),
    ],
)
def test_what_a_step_returns_must_be_numbers_by_name(returned: Any, message: str) -> None:
    class Odd(Model):
        def train_step(self, data: Any) -> Any:
            return returned

    model = of_class(Odd)
    model.compile("sgd")
    with pytest.raises(TypeError, match=message):
        model.fit(X, Y, verbose=0)


def test_compute_loss_says_where_it_belongs() -> None:
    class Lossless(Model):
        def train_step(self, data: Any) -> Any:
            return {"loss": self.compute_loss(y=data[1], y_pred=self(data[0]))}

    model = of_class(Lossless)
    model.compile("sgd")
    with pytest.raises(RuntimeError, match="compute_loss: no batch yet"):
        model.compute_loss(y=Y, y_pred=X)
    with pytest.raises(ValueError, match="compute_loss: there is no loss; give compile a loss"):
        model.fit(X, Y, verbose=0)


def test_an_evaluation_within_an_epoch_leaves_the_training_s_metrics() -> None:
    class Evaluating(pyconv.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.model.evaluate(X, Y, verbose=0)

    results = []
    for callbacks in ([], [Evaluating()]):
        model = of_class(Model)
        model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
        options: dict[str, Any] = {"batch_size": 8, "shuffle": False, "verbose": 0}
        results.append(model.fit(X, Y, callbacks=callbacks, **options).history)
    assert results[0] == results[1]


def test_labels_that_no_step_can_take_are_refused_by_name() -> None:
    huge = np.full(len(X), 1e300)
    for labels, error, message in (
        (huge, ValueError, r"fit: y holds a value beyond 3.403e\+38, the largest float32"),
        ({"a": None}, TypeError, r"fit: y\['a'\] is None; must be an array"),
        ({"a": {"b": Y}}, TypeError, r"fit: y\['a'\]: .*must be numbers"),
        ({"a": Y, "b": 3}, ValueError, r"fit: y\['b'\] has no axes"),
    ):
        with pytest.raises(error, match=message):
            silent_model().fit(X, labels, verbose=0)


def test_no_samples_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"fit: x has 0 samples; must have at least one"):
        silent_model().fit(X[:0], verbose=0)
    with pytest.raises(ValueError, match=r"evaluate: x has 0 samples; must have at least one"):
        silent_model().evaluate(X[:0], verbose=0)


def test_a_step_wrapped_as_the_ordinary_one_is_called() -> None:
    class Wrapped(Model):
        @functools.wraps(Model.train_step)
        def train_step(self, data: Any) -> dict[str, Any]:
            return {"mine": 1}

    model = of_class(Wrapped)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.fit(X, Y, verbose=0).history == {"mine": [1.0]}


@pytest.mark.parametrize("y_pred", [None, 3.0, [Tensor(X)], {"a": Tensor(X)}])
def test_compute_loss_takes_what_the_model_returns(y_pred: Any) -> None:
    class Own(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {"loss": self.compute_loss(y=data[1], y_pred=y_pred)}

    model = of_class(Own)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(TypeError, match=r"compute_loss: y_pred is \w+; must be what the model"):
        model.fit(X, Y, verbose=0)


def test_labels_beyond_the_dtype_are_refused_by_the_ordinary_step_too() -> None:
    model = of_class(Model)
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"fit: y holds a value beyond 3.403e\+38"):
        model.fit(X, np.full((len(X), 3), 1e300), verbose=0)


def test_labels_are_asked_of_the_loss_only_where_the_step_uses_it() -> None:
    seen: list[Any] = []

    class Regardless(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            seen.append(data[1:] if isinstance(data, tuple) else ())
            return {"steps": len(seen)}

        test_step = train_step

    class Regarding(Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            return super().train_step(data)

    maps, numbers = np.ones((40, 4, 4), "float32"), np.arange(40) + 100
    for labels in (maps, numbers, {"maps": maps, "numbers": numbers}, [maps, numbers], [maps]):
        for kind in (Regardless, Regarding):
            model = of_class(kind)
            model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
            if kind is Regardless:
                model.fit(X, labels, validation_data=(X, labels), batch_size=40, verbose=0)
                model.train_on_batch(X, labels)
            else:
                with pytest.raises(ValueError, match=r"labels|train_step: y has"):
                    model.fit(X, labels, verbose=0)
    assert [type(y) for (y,) in seen[-3:]] == [list] * 3
    model = of_class(Regardless)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, verbose=0)
    model.fit(X, maps, sample_weight=maps[:, :2], verbose=0)
    assert seen[-1][1].shape[1:] == (2, 4)
    with pytest.raises(ValueError, match=r"fit: x has 40 samples and y 3; must be equal"):
        model.fit(X, maps[:3], verbose=0)
    with pytest.raises(ValueError, match=r"fit: sample_weight has 3 items; must be 40"):
        model.fit(X, maps, sample_weight=np.ones(3), verbose=0)


def test_super_takes_labels_of_the_one_output_that_has_a_loss() -> None:
    histories = []
    for own in (True, False):

        class Stepping(Model):
            if own:

                def train_step(self, data: Any) -> dict[str, Any]:
                    return super().train_step(data)

        pyconv.set_seed(3)
        inputs = pyconv.Input((6,))
        shared = layers.Dense(3)(inputs)
        ends = [layers.Activation("softmax", name=name)(shared) for name in "ab"]
        model = Stepping(inputs, ends)
        model.compile("sgd", [None, "sparse_categorical_crossentropy"], metrics=[None, ["acc"]])
        for labels in (Y, [Y], {"b": Y}):
            histories.append(model.fit(X, labels, shuffle=False, verbose=0).history)
    assert histories[:3] == histories[3:]

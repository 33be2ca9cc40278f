# SPDX-License-Identifier: BSD-3-Clause
"""Weights of samples and classes; models of several inputs and outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

import pyconv
from pyconv import Tensor, layers
from pyconv.models import Model, Sequential

GENERATOR = np.random.default_rng(3)
X = GENERATOR.random((48, 4), np.float32)
Z = GENERATOR.random((48, 2), np.float32)
LABELS = GENERATOR.integers(0, 3, 48)
NUMBERS = GENERATOR.random((48, 1), np.float32)
WEIGHTS = GENERATOR.random(48).astype(np.float32)


class Pair(Model):
    """Two outputs, as a list or by name."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form = form
        self.first, self.second = layers.Dense(3, activation="softmax"), layers.Dense(1)

    def call(self, x: Tensor, training: bool = False) -> Any:
        found = {"kind": self.first(x), "size": self.second(x)}
        return found if self.form == "dict" else list(found.values())


def pair(form: str, **options: Any) -> Any:
    pyconv.set_seed(1)
    model = Pair(form)
    if form == "list":
        model.output_names = ["kind", "size"]  # type: ignore[attr-defined]
    model.compile(
        pyconv.optimizers.Adam(0.01),
        **{"loss": ["sparse_categorical_crossentropy", "mse"], **options},
    )
    return model


@pytest.mark.parametrize("form", ["list", "dict"])
def test_two_outputs_train_and_are_measured_by_name(form: str) -> None:
    model = pair(
        form, metrics={"kind": "accuracy", "size": ["mae"]}, loss_weights={"kind": 1, "size": 0.5}
    )
    y = {"size": NUMBERS, "kind": LABELS}
    history = model.fit(X, y, batch_size=16, epochs=8, verbose=0, validation_split=0.25).history
    names = ["loss", "kind_loss", "size_loss", "kind_accuracy", "size_mae"]
    assert list(history) == names + [f"val_{name}" for name in names]
    assert history["loss"][-1] < history["loss"][0]
    for prefix in ("", "val_"):
        total = np.array(history[prefix + "kind_loss"]) + 0.5 * np.array(
            history[prefix + "size_loss"]
        )
        np.testing.assert_allclose(history[prefix + "loss"], total, rtol=KERAS)
    found = model.predict(X, verbose=0, batch_size=7)
    kind, size = found.values() if form == "dict" else found
    assert kind.shape == (48, 3)
    assert size.shape == (48, 1)
    logs = model.evaluate(X, [LABELS, NUMBERS], verbose=0, return_dict=True)
    assert logs["size_mae"] == pytest.approx(np.abs(size - NUMBERS).mean(), rel=KERAS)
    assert logs["kind_accuracy"] == (kind.argmax(1) == LABELS).mean()
    assert model.metrics_names == names


def test_both_forms_and_batches_of_them_give_the_same_weights() -> None:
    expected = None
    for form, y in (
        ("list", [LABELS, NUMBERS]),
        ("dict", [LABELS, NUMBERS]),
        ("dict", {"kind": LABELS, "size": NUMBERS}),
    ):
        model = pair(form)
        model.fit(X, y, batch_size=48, shuffle=False, verbose=0)
        again = pair(form)
        again.fit(iter([(X, y)]), verbose=0)
        for weights in (model.get_weights(), again.get_weights()):
            expected = weights if expected is None else expected
            for a, b in zip(weights, expected, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.filterwarnings("ignore:adam. no gradient")
def test_an_output_without_loss_needs_no_labels() -> None:
    model = pair("list", loss=["sparse_categorical_crossentropy", None])
    for y in ([LABELS, None], [LABELS], LABELS, {"kind": LABELS}):
        history = model.fit(X, y, verbose=0).history
        assert list(history) == ["loss"]
    before = model.second.get_weights()
    model.compile("adam", [None, "mse"])
    model.fit(X, [None, NUMBERS], verbose=0)
    assert not np.array_equal(model.second.get_weights()[0], before[0])


def test_weights_of_samples_may_differ_between_outputs() -> None:
    y = [LABELS, NUMBERS]
    model = pair("list")
    p = model.predict(X, verbose=0)
    logs = model.evaluate(
        X, y, verbose=0, sample_weight={"size": WEIGHTS}, return_dict=True, batch_size=48
    )
    squares = (p[1] - NUMBERS)[:, 0] ** 2
    assert logs["size_loss"] == pytest.approx((squares * WEIGHTS).mean(), rel=KERAS)
    entropy = -np.log(p[0][np.arange(48), LABELS])
    assert logs["kind_loss"] == pytest.approx(entropy.mean(), rel=KERAS)
    logs = model.evaluate(X, y, verbose=0, sample_weight=WEIGHTS, return_dict=True)
    assert logs["kind_loss"] == pytest.approx((entropy * WEIGHTS).mean(), rel=1e-3)


class Joined(Model):
    """Two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = layers.Dense(3), layers.Dense(3)

    def call(self, x: Any, training: bool = False) -> Any:
        return self.left(x[0]) + self.right(x[1])


def test_two_inputs_are_a_list() -> None:
    pyconv.set_seed(2)
    model = Joined()
    loss = pyconv.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(pyconv.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    history = model.fit([X, Z], LABELS, epochs=5, verbose=0, validation_split=0.25).history
    assert history["loss"][-1] < history["loss"][0]
    p = model.predict([X, Z], batch_size=5, verbose=0)
    np.testing.assert_array_equal(p, model.predict_on_batch([X, Z]))
    assert model.evaluate([X, Z], LABELS, verbose=0)[1] == (p.argmax(1) == LABELS).mean()
    model.input_names = ["left", "right"]
    named = model.predict({"right": Z, "left": X}, verbose=0)
    np.testing.assert_array_equal(named, p)
    with pytest.raises(ValueError, match=r"arrays of x have \[48, 47\] samples"):
        model.predict([X, Z[:47]], verbose=0)
    with pytest.raises(ValueError, match="x has no 'left'"):
        model.predict({"right": Z}, verbose=0)


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        (LABELS, {}, "y must be a list or dictionary of 2"),
        ([LABELS, NUMBERS, LABELS], {}, "y has 3 items; must be 2"),
        ({"kind": LABELS, "colour": LABELS}, {}, "y has 'colour'; must be of"),
        ({"kind": LABELS}, {}, "y of 'size' is None"),
        ([LABELS, NUMBERS[:40]], {}, "x has 48 samples and y of 'size' 40"),
        ([LABELS, NUMBERS], {"sample_weight": WEIGHTS[:40]}, "sample_weight has 40 items"),
        ([LABELS, NUMBERS], {"class_weight": {0: 2.0}}, "class_weight needs"),
    ],
)
def test_labels_that_do_not_fit_several_outputs_are_named(
    y: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        pair("list").fit(X, y, verbose=0, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": ["mse"]}, "loss has 1 items; must be 2"),
        ({"loss": {"colour": "mse"}}, "loss has 'colour'"),
        ({"metrics": ["accuracy"]}, "metrics has 1 items"),
        ({"loss_weights": [1.0, float("nan")]}, "loss_weights=nan; must be finite"),
        ({"loss": pyconv.losses.MeanSquaredError("none")}, "reduction='none'"),
    ],
)
def test_compile_and_outputs_that_do_not_fit_are_named(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        pair("list", **options).fit(X, [LABELS, NUMBERS], verbose=0)


def twins(keras: Any, last: str, units: int, **options: Any) -> list[Any]:
    made = []
    for library in (pyconv, keras):
        model = library.Sequential(
            [
                library.layers.Input(shape=(4,)),
                library.layers.Dense(8, activation="tanh"),
                library.layers.Dense(units, activation=last),
            ]
        )
        metrics = {name: list(options[name]) for name in options if "metrics" in name}
        model.compile(library.optimizers.Adam(2**-8), **{**options, **metrics})
        made.append(model)
    made[1].set_weights(made[0].get_weights())
    return made


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("last", "units", "loss", "y", "weighting"),
    [
        (*case, weighting)
        for case, weightings in (
            (("softmax", 3, "sparse_categorical_crossentropy", LABELS), "nsc"),
            (("sigmoid", 1, "binary_crossentropy", (LABELS > 1).astype(int)), "nsc"),
            (("linear", 1, "mse", NUMBERS), "ns"),
            (("linear", 1, "huber", NUMBERS), "ns"),
        )
        for weighting in weightings
    ],
)
def test_epochs_equal_keras(
    keras: Any, last: str, units: int, loss: str, y: Any, weighting: str
) -> None:
    options: dict[str, Any] = {
        "n": {},
        "s": {"sample_weight": WEIGHTS},
        "c": {"class_weight": {0: 0.5, 1: 3.0}},
    }[weighting]
    metric = "mae" if last == "linear" else "accuracy"
    ours, theirs = twins(keras, last, units, loss=loss, metrics=[metric], weighted_metrics=[metric])
    common = {"batch_size": 20, "epochs": 3, "shuffle": False, "verbose": 0, **options}
    expected = theirs.fit(X, y, **common).history
    found = ours.fit(X, y, **common).history
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=10 * KERAS, atol=KERAS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_weight": {-1: 2.0}}, "class_weight has the key -1"),
        ({"class_weight": {0: float("nan")}}, r"class_weight\[0\]=nan"),
        ({"class_weight": [1, 2]}, "must be a dictionary"),
        ({"class_weight": {0: 1.0}, "sample_weight": WEIGHTS}, "one of them"),
        ({"sample_weight": np.full(48, np.inf)}, r"sample_weight\[0\]=inf; must be finite"),
        ({"sample_weight": WEIGHTS[:47]}, "sample_weight has 47 items; must be 48"),
        ({"sample_weight": np.ones((48, 2))}, r"sample_weight.shape=\(48, 2\)"),
    ],
)
def test_weights_that_do_not_fit_are_named(options: dict[str, Any], message: str) -> None:
    model = Sequential([layers.Dense(3, activation="softmax", input_shape=(4,))])
    model.compile("adam", "sparse_categorical_crossentropy")
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, LABELS, verbose=0, **options)


def test_steps_on_single_batches() -> None:
    model = Sequential([layers.Dense(3, activation="softmax", input_shape=(4,))])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    whole = model.evaluate(X, LABELS, batch_size=48, verbose=0, sample_weight=WEIGHTS)
    assert model.test_on_batch(X, LABELS, WEIGHTS) == whole
    assert model.test_on_batch(X, LABELS, WEIGHTS.tolist()) == whole
    assert model.train_on_batch(X, LABELS, WEIGHTS) == whole
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X, verbose=0))
    by_class = model.train_on_batch(X, LABELS, class_weight={0: 0.0}, return_dict=True)
    assert set(by_class) == {"loss", "accuracy"}
    with pytest.raises(TypeError, match="x: "):
        model.test_on_batch(iter([X]), LABELS)


def test_a_model_without_loss_predicts_but_is_neither_fitted_nor_measured() -> None:
    model = Sequential([layers.Dense(3, activation="softmax", input_shape=(4,))])
    model.compile("adam", metrics=["accuracy"])
    assert model.predict(X, verbose=0).shape == (len(X), 3)
    for measure in (model.evaluate, model.test_on_batch):
        with pytest.raises(ValueError, match="evaluate: there is no loss; give compile a loss"):
            measure(X, LABELS)
    for learn in (model.fit, model.train_on_batch):
        with pytest.raises(ValueError, match="fit: there is no loss; give compile a loss"):
            learn(X, LABELS)


def test_what_layers_cost_is_a_loss() -> None:
    model = Sequential([layers.Dense(3, kernel_regularizer="l2", input_shape=(4,))])
    model.compile("adam", metrics=["mae"])
    loss, _ = model.evaluate(X, np.zeros((len(X), 3), np.float32), verbose=0)
    assert loss == pytest.approx(0.01 * (model.get_weights()[0] ** 2).sum())


def test_a_step_of_ones_own_without_loss_says_so_too() -> None:
    class Own(Sequential):
        def test_step(self, data: Any) -> Any:
            return super().test_step(data)

    model = Own([layers.Dense(3, input_shape=(4,))])
    model.compile("adam")
    with pytest.raises(ValueError, match="test_step: there is no loss; give compile a loss"):
        model.evaluate(X, LABELS, verbose=0)


def test_equal_names_of_metrics_are_counted() -> None:
    model = Sequential([layers.Dense(1, activation="sigmoid", input_shape=(4,))])
    model.compile(
        "adam",
        "binary_crossentropy",
        metrics=["accuracy", "accuracy", pyconv.metrics.AUC(name="auc")],
        weighted_metrics=["accuracy"],
    )
    logs = model.evaluate(X, LABELS > 0, verbose=0, return_dict=True)
    assert list(logs) == ["loss", "accuracy", "accuracy_1", "auc", "weighted_accuracy"]
    model.compile("adam", "mse", metrics=[pyconv.metrics.AUC(name="loss")])
    with pytest.raises(ValueError, match="a metric is named 'loss'"):
        model.evaluate(X, LABELS > 0, verbose=0)


def test_old_names_for_generators() -> None:
    model = Sequential([layers.Dense(3, activation="softmax", input_shape=(4,))])
    model.compile("adam", "sparse_categorical_crossentropy")
    history = model.fit_generator(iter([(X, LABELS)] * 4), 2, epochs=2, verbose=0)
    assert len(history.epoch) == 2
    assert model.evaluate_generator(iter([(X, LABELS)])) == pytest.approx(
        model.evaluate(X, LABELS, verbose=0)
    )
    assert model.predict_generator(iter([X, X]), steps=1).shape == (48, 3)


def test_losses_weights_and_metrics_go_through_a_file(tmp_path: Path) -> None:
    model = Sequential([layers.Dense(1, activation="sigmoid", input_shape=(4,))])
    model.compile(
        "adam",
        pyconv.losses.BinaryCrossentropy(label_smoothing=0.1),
        loss_weights=[2.0],
        metrics=["mse", pyconv.metrics.AUC(20, name="auc"), pyconv.losses.mean_absolute_error],
        weighted_metrics=["accuracy"],
    )
    y = (LABELS > 1).astype(int)
    model.save(tmp_path / "model.npz")
    loaded = pyconv.load_model(tmp_path / "model.npz")
    options = {"sample_weight": WEIGHTS, "verbose": 0, "return_dict": True}
    expected = model.evaluate(X, y, **options)
    assert loaded.evaluate(X, y, **options) == expected
    assert list(expected) == ["loss", "mse", "auc", "mean_absolute_error", "accuracy"]
    model.compile("adam", "mse", metrics=[lambda t, p: p])
    with pytest.warns(UserWarning, match="saved as not compiled"):
        model.save(tmp_path / "model.npz")


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_outputs_equal_keras(keras: Any) -> None:
    inputs = keras.layers.Input((4,))
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(inputs)
    size = keras.layers.Dense(1, name="size")(inputs)
    theirs = keras.Model(inputs, [kind, size])
    ours = pair("list")
    ours.predict(X, verbose=0)
    theirs.set_weights(ours.get_weights())
    for model, library in ((ours, pyconv), (theirs, keras)):
        model.compile(
            library.optimizers.Adam(2**-8),
            loss={"kind": "sparse_categorical_crossentropy", "size": "mse"},
            loss_weights={"kind": 0.5, "size": 2.0},
            metrics={"kind": ["accuracy"], "size": ["mae"]},
            weighted_metrics={"kind": ["accuracy"], "size": ["mse"]},
        )
    common = {"batch_size": 20, "epochs": 3, "shuffle": False, "verbose": 0}
    common["sample_weight"] = [WEIGHTS, np.flip(WEIGHTS)]
    common["validation_data"] = (X[:30], [LABELS[:30], NUMBERS[:30]])
    y = [LABELS, NUMBERS]
    expected, found = theirs.fit(X, y, **common).history, ours.fit(X, y, **common).history
    assert set(found) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=10 * KERAS, atol=KERAS)
    for a, b in zip(ours.predict(X, verbose=0), theirs.predict(X, verbose=0), strict=True):
        np.testing.assert_allclose(a, b, rtol=10 * KERAS, atol=KERAS)
    in_order, here = theirs.evaluate(X, y, verbose=0), ours.evaluate(X, y, verbose=0)
    np.testing.assert_allclose(here, in_order, rtol=10 * KERAS, atol=KERAS)

# SPDX-License-Identifier: BSD-3-Clause
"""The estimator: fit, predict and score as scikit-learn has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import normal
from tolerances import FORMULA, softmax

from pyconv import Sequential
from pyconv.evaluation import Classifier
from pyconv.layers import Dense, Flatten, Input

X = normal((60, 3, 3, 1), np.float32, "classifier")
NAMES = np.array(["bird", "cat", "dog"])
PLACES = (X[:, 0, 0, 0] > 0).astype(int) + (X[:, 1, 1, 0] > 0)
Y = NAMES[PLACES]


def build(units: int = 3, rate: float = 0.05) -> Sequential:
    from pyconv.optimizers import Adam

    end = Dense(units, activation="softmax" if units > 1 else "sigmoid")
    model = Sequential([Input((3, 3, 1)), Flatten(), Dense(16, activation="relu"), end])
    loss = "sparse_categorical_crossentropy" if units > 1 else "binary_crossentropy"
    model.compile(Adam(rate), loss)
    return model


@pytest.fixture(scope="module")
def fitted() -> Classifier:
    return Classifier(build, epochs=60, seed=0).fit(X, Y)


def test_it_learns_labels_of_any_kind(fitted: Classifier) -> None:
    assert fitted.classes_.tolist() == NAMES.tolist()
    assert set(fitted.predict(X)) <= set(NAMES)
    assert fitted.score(X, Y) >= 0.95
    assert fitted.score(X, fitted.predict(X)) == 1
    assert fitted.n_features_in_ == 9
    assert len(fitted.history_.history["loss"]) == 60


def test_probabilities_are_those_of_the_model_in_the_order_of_the_classes(
    fitted: Classifier,
) -> None:
    p = fitted.predict_proba(X)
    np.testing.assert_array_equal(p, fitted.model_.predict(X, verbose=0))
    np.testing.assert_array_equal(fitted.classes_[p.argmax(axis=1)], fitted.predict(X))


def test_one_unit_is_the_probability_of_the_second_class() -> None:
    y = np.where(X[:, 0, 0, 0] > 0, "yes", "no")
    one = Classifier(build, options={"units": 1}, epochs=60, seed=0).fit(X, y)
    p = one.predict_proba(X)
    np.testing.assert_allclose(p[:, 1], one.model_.predict(X, verbose=0)[:, 0], rtol=FORMULA)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=softmax(np.float32))
    assert one.classes_.tolist() == ["no", "yes"]
    assert one.score(X, y) >= 0.95


def test_a_seed_repeats_the_fit(fitted: Classifier) -> None:
    again = Classifier(build, epochs=60, seed=0).fit(X, Y)
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))


def test_each_fit_starts_anew(fitted: Classifier) -> None:
    estimator = Classifier(build, epochs=0, seed=0)
    first = estimator.fit(X, Y).model_
    assert estimator.fit(X, Y).model_ is not first


def test_parameters_are_read_and_set_by_name() -> None:
    estimator = Classifier(build, options={"rate": 0.1}, epochs=2)
    assert estimator.get_params(deep=False).keys() == {
        *("build", "options", "epochs", "batch_size", "callbacks", "seed", "verbose")
    }
    assert estimator.get_params()["options__rate"] == 0.1
    assert estimator.set_params(epochs=5, options__rate=0.2) is estimator
    assert (estimator.epochs, estimator.options) == (5, {"rate": 0.2})
    twin = Classifier(**estimator.get_params(deep=False))
    assert twin.get_params() == estimator.get_params()
    for name in ("epoch", "options__", "rate"):
        with pytest.raises(ValueError, match=f"set_params: '{name}'; must be one of"):
            estimator.set_params(**{name: 1})
    assert "epochs=5" in repr(estimator)


@pytest.mark.parametrize(
    ("x", "y", "options", "kind", "said"),
    [
        (X, Y[1:], {}, ValueError, r"x.shape=\(60, 3, 3, 1\), y.shape=\(59,\)"),
        (X, np.eye(3)[PLACES], {}, ValueError, r"y.shape=\(60, 3\); must be"),
        (X, np.zeros(60), {}, ValueError, "y has 1 classes; must have two at least"),
        (X, Y, {"units": 4}, ValueError, r"y has 3 classes; the model gives \(4,\)"),
        (X, Y, {"units": 1}, ValueError, r"y has 3 classes; the model gives \(1,\)"),
    ],
)
def test_what_cannot_be_learned_is_refused(
    x: Any, y: Any, options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=f"Classifier: .*{said}|Classifier: {said}"):
        Classifier(build, options=options).fit(x, y)


def test_build_must_return_a_model() -> None:
    with pytest.raises(TypeError, match="Classifier: build returned 3"):
        Classifier(lambda: 3).fit(X, Y)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("function", ["predict", "predict_proba", "score"])
def test_an_unfitted_classifier_says_so(function: str) -> None:
    arguments = (X, Y) if function == "score" else (X,)
    with pytest.raises(RuntimeError, match=f"{function}: the classifier is not fitted"):
        getattr(Classifier(build), function)(*arguments)


def test_scores_need_as_many_labels(fitted: Classifier) -> None:
    with pytest.raises(ValueError, match="score: 59 labels for 60 samples"):
        fitted.score(X, Y[1:])


def test_scikit_learn_copies_searches_and_scores_it() -> None:
    base = pytest.importorskip("sklearn.base")
    selection = pytest.importorskip("sklearn.model_selection")
    estimator = Classifier(build, options={"rate": 0.05}, epochs=20, seed=0)
    assert base.is_classifier(estimator)
    assert base.clone(estimator).get_params() == estimator.get_params()
    scores = selection.cross_val_score(estimator, X, Y, cv=3)
    assert scores.shape == (3,)
    assert scores.mean() > 0.6
    search = selection.GridSearchCV(estimator, {"options__rate": [1e-6, 0.05]}, cv=2).fit(X, Y)
    assert search.best_params_ == {"options__rate": 0.05}

# SPDX-License-Identifier: BSD-3-Clause
"""Losses, metrics and Adam against their formulas and against Keras 3."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tolerances import FORMULA, KERAS

from pyconv import Variable, losses, metrics, optimizers
from pyconv.autograd import softmax

GENERATOR = np.random.default_rng(9)
LOGITS = GENERATOR.normal(size=(6, 4)) * 3
LABELS = np.array([0, 3, 1, 2, 2, 0])
ONE_HOT = np.eye(4)[LABELS]
PROBABILITIES = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
EXPECTED = -np.log(PROBABILITIES[np.arange(6), LABELS])


def test_cross_entropies_equal_the_formula() -> None:
    sparse = losses.SparseCategoricalCrossentropy
    dense = losses.CategoricalCrossentropy
    for found in (
        sparse(from_logits=True, reduction="none")(LABELS, LOGITS),
        sparse(reduction="none")(LABELS[:, None], softmax(LOGITS)),
        sparse(reduction="none")(LABELS, PROBABILITIES),
        sparse(reduction="none")(LABELS, 7 * PROBABILITIES),
        dense(from_logits=True, reduction=None)(ONE_HOT, LOGITS),
        dense(reduction="none")(ONE_HOT, PROBABILITIES),
        losses.sparse_categorical_crossentropy(LABELS, PROBABILITIES),
        losses.categorical_crossentropy(ONE_HOT, PROBABILITIES),
    ):
        np.testing.assert_allclose(found, EXPECTED, rtol=FORMULA)
    assert float(sparse()(LABELS, PROBABILITIES)) == pytest.approx(EXPECTED.mean(), rel=FORMULA)
    summed = sparse(reduction="sum")(LABELS, PROBABILITIES)
    assert float(summed) == pytest.approx(EXPECTED.sum(), rel=FORMULA)


def test_losses_of_images_are_per_pixel() -> None:
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    found = loss(LABELS.reshape(1, 2, 3), LOGITS.reshape(1, 2, 3, 4))
    np.testing.assert_allclose(found, EXPECTED.reshape(1, 2, 3), rtol=FORMULA)


def test_wrong_probabilities_are_clipped() -> None:
    found = losses.sparse_categorical_crossentropy([0, 0], np.array([[0.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(found, [-math.log(1e-7), -math.log(1 - 1e-7)], rtol=KERAS)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_categorical_crossentropy_equals_keras(
    keras: Any, from_logits: bool, smoothing: float
) -> None:
    outputs = (LOGITS if from_logits else PROBABILITIES * 1.3).astype(np.float32)
    options = {"from_logits": from_logits, "label_smoothing": smoothing}
    found = losses.CategoricalCrossentropy(**options)(ONE_HOT, outputs)  # type: ignore[arg-type]
    expected = keras.losses.CategoricalCrossentropy(**options)(ONE_HOT, outputs)
    assert float(found) == pytest.approx(float(expected), rel=KERAS)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_metrics_equal_keras(keras: Any) -> None:
    halves = GENERATOR.random((6, 1))
    bits = np.array([0, 1, 1, 0, 1, 0])
    weights = GENERATOR.random(6)
    for name, y_true, y_pred in (
        ("Accuracy", LABELS, LABELS[::-1]),
        ("BinaryAccuracy", bits[:, None], halves),
        ("CategoricalAccuracy", ONE_HOT, PROBABILITIES),
        ("SparseCategoricalAccuracy", LABELS[:, None], PROBABILITIES),
    ):
        ours, theirs = getattr(metrics, name)(), getattr(keras.metrics, name)()
        assert ours.name == theirs.name
        for metric in (ours, theirs):
            metric.update_state(y_true, y_pred)
            metric.update_state(y_true[:4], y_pred[:4])
        assert ours.result() == pytest.approx(float(theirs.result()), rel=KERAS)
    mean, expected = metrics.Mean(), keras.metrics.Mean()
    assert mean.result() == 0
    for metric in (mean, expected):
        metric.update_state(weights, weights)
        metric.update_state(3.0)
    assert mean.result() == pytest.approx(float(expected.result()), rel=KERAS)


def test_accuracy_means_what_the_shapes_say() -> None:
    for label_shape, output_shape, kind in (
        ((8, 1), (8, 1), metrics.BinaryAccuracy),
        ((8,), (8, 10), metrics.SparseCategoricalAccuracy),
        ((8, 1), (8, 10), metrics.SparseCategoricalAccuracy),
        ((8, 10), (8, 10), metrics.CategoricalAccuracy),
    ):
        found = metrics.get("acc", label_shape, output_shape)
        assert type(found) is kind
        assert found.name == "acc"


def test_labels_never_broadcast() -> None:
    binary = metrics.BinaryAccuracy()
    assert binary(np.array([1, 0, 1]), np.array([[0.9], [0.2], [0.4]])) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match=r"labels of shape \(4, 1\); must be \(4, 3\)"):
        metrics.CategoricalAccuracy()(np.ones((4, 1)), np.ones((4, 3)))


def test_adam_follows_its_formula() -> None:
    w = Variable(np.array([1.0, -2.0, 3.0]))
    adam = optimizers.Adam(0.1, beta_1=0.8, beta_2=0.9, epsilon=1e-3)
    m = v = np.zeros(3)
    expected = w.numpy()
    for t in range(1, 6):
        g = np.array([0.5, -1.0, t])
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        alpha = 0.1 * math.sqrt(1 - 0.9**t) / (1 - 0.8**t)
        expected = expected - alpha * m / (np.sqrt(v) + 1e-3)
        adam.apply_gradients([(g, w)])
    np.testing.assert_allclose(w, expected, rtol=FORMULA)
    assert (adam.iterations, w.version) == (5, 5)


def test_variables_without_gradient_stay_with_a_warning() -> None:
    w, b = Variable(np.ones(2), name="w"), Variable(np.ones(2), name="b")
    adam = optimizers.get("adam")
    with pytest.warns(UserWarning, match=r"no gradient for \['b'\]"):
        adam.apply([np.ones(2), None], [w, b])
    assert b.numpy().tolist() == [1.0, 1.0]
    assert w.numpy()[0] < 1
    with pytest.raises(ValueError, match="0 gradients for 2 variables"):
        adam.apply([None, None], [w, b])
    with pytest.raises(ValueError, match=r"gradient of shape \(3,\) for 'w'"):
        adam.apply([np.ones(3)], [w])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": math.nan}, "learning_rate=nan"),
        ({"learning_rate": math.inf}, "learning_rate=inf"),
        ({"learning_rate": -1.0}, r"learning_rate=-1\.0"),
        ({"learning_rate": "0.1"}, "learning_rate='0.1'"),
        ({"beta_1": 1.0}, r"beta_1=1\.0"),
        ({"beta_2": -0.1}, r"beta_2=-0\.1"),
        ({"epsilon": -1e-7}, "epsilon=-1e-07"),
    ],
)
def test_adam_refuses_rates_that_are_none(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"Adam: {message}"):
        optimizers.Adam(**options)


def test_equal_ones_come_from_their_configurations() -> None:
    adam = optimizers.Adam(0.5, epsilon=1e-3)
    assert optimizers.get(optimizers.serialize(adam)).get_config() == adam.get_config()
    loss = losses.CategoricalCrossentropy(label_smoothing=0.1)
    assert losses.get(losses.serialize(loss)).get_config() == loss.get_config()
    binary = metrics.BinaryAccuracy(threshold=0.25)
    twin = metrics.get(metrics.serialize(binary), (1,), (1, 1))
    assert twin.get_config() == binary.get_config()
    assert type(losses.get(losses.sparse_categorical_crossentropy)) is (
        losses.SparseCategoricalCrossentropy
    )

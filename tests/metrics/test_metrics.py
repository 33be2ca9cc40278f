# SPDX-License-Identifier: BSD-3-Clause
"""Metrics against hand-made numbers and Keras 3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import FORMULA, KERAS

import pyconv
from pyconv import losses, metrics

GENERATOR = np.random.default_rng(8)
BITS = GENERATOR.integers(0, 2, (40, 3))
SCORES = np.clip(BITS * 0.3 + GENERATOR.random((40, 3)) * 0.7, 0, 1).astype(np.float32)
LABELS = GENERATOR.integers(0, 3, 40)
ONE_HOT = np.eye(3, dtype=np.float32)[LABELS]
ROWS = (ONE_HOT + GENERATOR.random((40, 3)) * 2).astype(np.float32)
ROWS /= ROWS.sum(-1, keepdims=True)
WEIGHTS = GENERATOR.random(40).astype(np.float32)
CASES = [
    ("AUC", {}, BITS[:, 0], SCORES[:, 0]),
    ("AUC", {"curve": "PR"}, BITS[:, 0], SCORES[:, 0]),
    ("AUC", {"summation_method": "minoring", "num_thresholds": 20}, BITS[:, 0], SCORES[:, 0]),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, BITS[:, 0], SCORES[:, 0]),
    ("AUC", {"thresholds": [0.2, 0.7, 0.5]}, BITS[:, 0], SCORES[:, 0]),
    ("AUC", {"multi_label": True}, BITS, SCORES),
    ("AUC", {"multi_label": True, "curve": "PR", "label_weights": [1.0, 2.0, 0.5]}, BITS, SCORES),
    ("AUC", {"from_logits": True}, BITS[:, 0], SCORES[:, 0] * 4 - 2),
    ("Accuracy", {}, LABELS, np.roll(LABELS, 1)),
    ("BinaryAccuracy", {"threshold": 0.6}, BITS, SCORES),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, BITS, SCORES),
    ("CategoricalAccuracy", {}, ONE_HOT, ROWS),
    ("CategoricalCrossentropy", {}, ONE_HOT, ROWS),
    ("F1Score", {}, ONE_HOT, ROWS),
    ("F1Score", {"average": "micro", "threshold": 0.4}, BITS, SCORES),
    ("F1Score", {"average": "macro"}, ONE_HOT, ROWS),
    ("F1Score", {"average": "weighted"}, ONE_HOT, ROWS),
    ("FBetaScore", {"beta": 2.0, "average": "macro"}, ONE_HOT, ROWS),
    ("FalseNegatives", {}, BITS, SCORES),
    ("FalsePositives", {"thresholds": [0.3, 0.8]}, BITS, SCORES),
    ("KLDivergence", {}, np.roll(ROWS, 1, axis=0), ROWS),
    ("MeanAbsoluteError", {}, SCORES, ROWS),
    ("MeanSquaredError", {}, SCORES, ROWS),
    ("Precision", {}, BITS, SCORES),
    ("Precision", {"thresholds": [0.8, 0.1, 0.5]}, BITS, SCORES),
    ("Precision", {"top_k": 2}, BITS, SCORES),
    ("Precision", {"class_id": 1}, BITS, SCORES),
    ("Recall", {}, BITS, SCORES),
    ("Recall", {"top_k": 1, "class_id": 2}, BITS, SCORES),
    ("RootMeanSquaredError", {}, SCORES, ROWS),
    ("SparseCategoricalAccuracy", {}, LABELS, ROWS),
    ("SparseCategoricalCrossentropy", {}, LABELS, ROWS),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, LABELS, ROWS),
    ("TopKCategoricalAccuracy", {"k": 2}, ONE_HOT, ROWS),
    ("TrueNegatives", {}, BITS, SCORES),
    ("TruePositives", {"thresholds": 0.7}, BITS, SCORES),
]
IDS = [f"{name}-{'-'.join(map(str, options.values()))}" for name, options, _, _ in CASES]
BATCHED = [
    pytest.param(*case, weighted, id=f"{name}{'-weighted' if weighted else ''}")
    for case, name in zip(CASES, IDS, strict=True)
    for weighted in (False, True)
    # Keras takes no weights with top_k or class_id on this backend.
    if not (weighted and {"top_k", "class_id"} & set(case[1]))
]


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "options", "y_true", "y_pred", "weighted"), BATCHED)
def test_two_batches_give_keras_result(
    keras: Any, name: str, options: dict[str, Any], y_true: Any, y_pred: Any, weighted: bool
) -> None:
    ours, theirs = getattr(metrics, name)(**options), getattr(keras.metrics, name)(**options)
    for part in (slice(0, 25), slice(25, 40)):
        weights = WEIGHTS[part] if weighted else None
        ours.update_state(y_true[part], y_pred[part], weights)
        if weighted and y_pred.ndim == 2 and name in (*COUNTING, "BinaryAccuracy"):
            weights = np.repeat(WEIGHTS[part, None], 3, axis=1)
        theirs.update_state(y_true[part], y_pred[part], weights)
    expected = theirs.result()
    expected = np.asarray(expected.cpu() if hasattr(expected, "cpu") else expected)
    np.testing.assert_allclose(ours.result(), expected, rtol=KERAS)
    assert np.any(expected > 0)
    ours.reset_state()
    assert not np.any(ours.result())


COUNTING = (
    *("AUC", "FalseNegatives", "FalsePositives", "Precision", "Recall"),
    *("TrueNegatives", "TruePositives"),
)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("name", "options", "y_true", "y_pred"), CASES, ids=IDS)
def test_configurations_are_keras_own(
    keras: Any, name: str, options: dict[str, Any], y_true: Any, y_pred: Any
) -> None:
    ours = getattr(metrics, name)(**options, name="a")
    theirs = getattr(keras.metrics, name)(**options, name="a")
    written = theirs.get_config()
    if "label_weights" in options:
        written["label_weights"] = options["label_weights"]
    common = ours.get_config().keys() & written.keys()
    assert common >= {"name", *options}
    assert all(ours.get_config()[key] == written[key] for key in common)
    assert set(written) - common <= {"dtype", "from_logits", "label_smoothing", "axis", "reduction"}
    read = metrics.get(
        {"class_name": name, "config": written, "registered_name": None}, (40, 3), (40, 3)
    )
    assert read.get_config() == ours.get_config()


@pytest.mark.parametrize(("name", "options", "y_true", "y_pred"), CASES, ids=IDS)
def test_state_goes_on_in_an_equal_metric(
    name: str, options: dict[str, Any], y_true: Any, y_pred: Any
) -> None:
    whole = getattr(metrics, name)(**options)
    whole.update_state(y_true[:25], y_pred[:25])
    twin = type(whole).from_config(whole.get_config())
    twin.set_state(whole.get_state())
    for metric in (whole, twin):
        metric.update_state(y_true[25:], y_pred[25:])
    np.testing.assert_array_equal(twin.result(), whole.result())


def test_ratios_of_a_hand_made_table() -> None:
    y_true, y_pred = np.array([0, 1, 1, 1]), np.array([0.9, 0.2, 0.7, 0.6])
    assert metrics.Precision()(y_true, y_pred) == pytest.approx(2 / 3, rel=FORMULA)
    assert metrics.Recall()(y_true, y_pred) == pytest.approx(2 / 3, rel=FORMULA)
    assert metrics.TruePositives()(y_true, y_pred) == 2
    assert metrics.Precision()(np.zeros(3), np.zeros(3)) == 0
    weights = [0, 0, 1, 0]
    assert metrics.Precision()(y_true, y_pred, weights) == 1
    assert metrics.AUC(num_thresholds=3)([0, 0, 1, 1], [0, 0.5, 0.3, 0.9]) == 0.75


def test_a_prediction_equal_to_the_threshold_says_no() -> None:
    metric = metrics.TruePositives(thresholds=0.3)
    assert metric(np.ones(2), np.array([0.3, 0.4], np.float32)) == 1


def test_a_perfect_order_has_the_area_1() -> None:
    y_pred = np.linspace(0, 1, 50)
    for curve in ("ROC", "PR"):
        found = metrics.AUC(curve=curve)((y_pred > 0.5).astype(int), y_pred)
        assert found == pytest.approx(1, rel=KERAS)


def test_names_losses_and_functions_become_metrics() -> None:
    shape = (4, 3)
    for name in ("mse", "MSE", "MeanSquaredError", "mean_squared_error"):
        metric = metrics.get(name, shape, shape)
        assert type(metric) is metrics.MeanSquaredError
        assert metric.name == name
    huber = metrics.get(losses.Huber(0.5), shape, shape)
    values = losses.huber(ROWS, SCORES, 0.5).numpy()
    assert huber(ROWS, SCORES) == pytest.approx(values.mean(), rel=KERAS)
    assert huber.name == "huber_loss"
    assert metrics.get(losses.mean_squared_error, shape, shape)(ROWS, ROWS) == 0
    smooth = metrics.get(losses.BinaryCrossentropy(label_smoothing=0.1), shape, shape)
    assert type(smooth) is metrics.BinaryCrossentropy
    assert smooth.get_config()["label_smoothing"] == 0.1

    def largest(y_true: Any, y_pred: Any) -> Any:
        return y_pred.max(axis=-1)

    mine = metrics.get(largest, shape, shape)
    assert mine.name == "largest"
    assert mine(ROWS, SCORES) == pytest.approx(SCORES.max(-1).mean(), rel=KERAS)


def test_unnamed_ones_are_counted_as_keras_counts_them() -> None:
    from pyconv.naming import reset_names

    reset_names()
    assert [metrics.Precision().name for _ in range(2)] == ["precision", "precision_1"]
    assert [metrics.BinaryAccuracy().name for _ in range(2)] == ["binary_accuracy"] * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: metrics.TopKCategoricalAccuracy(0), "k=0; must be an integer >= 1"),
        (lambda: metrics.Precision(thresholds=1.5), r"Precision: thresholds=1\.5"),
        (lambda: metrics.Recall(top_k=0), "Recall: top_k=0"),
        (lambda: metrics.Precision(class_id=-1), "class_id=-1"),
        (lambda: metrics.Precision(class_id=3)(BITS, SCORES), "class_id=3; must be < 3"),
        (lambda: metrics.F1Score("mean"), "average='mean'"),
        (lambda: metrics.F1Score(threshold=0.0), r"threshold=0\.0"),
        (lambda: metrics.F1Score()(BITS[:, 0], SCORES[:, 0]), r"must be \(n, k\)"),
        (lambda: metrics.AUC(num_thresholds=1), "num_thresholds=1"),
        (lambda: metrics.AUC(curve="roc"), "curve='roc'"),
        (lambda: metrics.AUC(summation_method="left"), "summation_method='left'"),
        (lambda: metrics.AUC(num_labels=2), "needs multi_label"),
        (lambda: metrics.AUC()(BITS, SCORES * 3), "predictions must be in"),
        (lambda: metrics.AUC(multi_label=True)(BITS[:, 0], SCORES[:, 0]), r"must be \(n, None\)"),
        (lambda: metrics.Precision()(BITS, SCORES, np.ones(3)), r"sample_weight.shape=\(3,\)"),
        (lambda: metrics.MeanSquaredError()(BITS, SCORES[:, :1]), "labels of shape"),
    ],
)
def test_what_does_not_fit_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_classes_are_all_public() -> None:
    assert {cls.__name__ for cls in metrics.CLASSES} <= set(metrics.__all__)
    assert pyconv.metrics is metrics


@pytest.mark.parametrize("cls", metrics.CLASSES)
def test_every_metric_takes_a_dtype(cls: type[metrics.Metric]) -> None:
    assert cls(dtype="float64").dtype == "float64"
    assert cls().dtype == "float32"
    with pytest.raises(ValueError, match="dtype='int32'; must be a floating dtype"):
        cls(dtype="int32")


def test_a_mean_takes_the_mean_of_many_values_as_it_takes_the_values() -> None:
    one, other = metrics.Mean(), metrics.Mean()
    for value, count in ((0.1, 3), (7.3, 1), (2.0, 64)):
        one.add(value, count)
        other.update_state(np.float64(value), count)
    assert one.get_state() == other.get_state()
    assert one.result() == other.result()


@pytest.mark.parametrize(("value", "count"), [(np.ones(3), 2), ("x", 1), (1.0, -1), (1.0, None)])
def test_a_mean_takes_numbers_alone_as_the_mean_of_many_values(value: Any, count: Any) -> None:
    mean = metrics.Mean()
    with pytest.raises(TypeError, match=r"mean: add\(.*\); must be a number and an int >= 0"):
        mean.add(value, count)
    assert mean.result() == 0.0

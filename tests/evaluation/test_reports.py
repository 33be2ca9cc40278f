# SPDX-License-Identifier: BSD-3-Clause
"""Numbers about predictions: confusion matrix, precision and recall, top-k, ensembles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from arrays import generator
from tolerances import F_SCORE_EPSILON, FORMULA

from pyconv import metrics
from pyconv.evaluation import (
    Ensemble,
    classification_report,
    confusion_matrix,
    mean_of_probabilities,
    top_k_accuracy,
    vote,
)

LABELS = [0, 0, 0, 1, 1, 2]
FOUND = [0, 0, 1, 1, 2, 2]
OUTPUTS = generator("outputs").random((40, 7))
TRUE = generator("labels").integers(0, 7, 40)


def test_a_confusion_matrix_has_labels_as_rows_and_predictions_as_columns() -> None:
    counts = confusion_matrix(LABELS, FOUND)
    np.testing.assert_array_equal(counts, [[2, 1, 0], [0, 1, 1], [0, 0, 1]])
    assert counts.dtype == np.int64
    assert confusion_matrix(LABELS, FOUND, classes=5).shape == (5, 5)
    assert confusion_matrix([], [], classes=2).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    "predictions",
    [
        np.array([[1], [0], [1]]),
        np.array([[0.2, 0.8], [0.6, 0.4], [0.1, 0.9]]),
        np.array([[0.51], [0.5], [0.9]]),
        np.array([True, False, True]),
        np.array([1.0, 0.0, 1.0], np.float32),
        [1, 0, 1],
    ],
)
def test_predictions_come_in_every_form(predictions: Any) -> None:
    one_hot = [[0, 1], [1, 0], [1, 0]]
    for labels in ([1, 0, 0], [[1], [0], [0]], one_hot):
        counts = confusion_matrix(labels, predictions)
        np.testing.assert_array_equal(counts, [[1, 1], [0, 1]])


@pytest.mark.parametrize(
    ("labels", "predictions", "said"),
    [
        ([0, -1], [0, 0], r"labels\[1\]=-1; must be a class number"),
        ([0, 1.5], [0, 0], r"labels\[1\]=1.5; must be a class"),
        ([0, float("nan")], [0, 0], r"labels\[1\]=nan; must be a class"),
        ([0, 2**40], [0, 0], r"labels\[1\]=1099511627776; must be a class number, 0 to 8191"),
        ([0, 1], [0, 1, 1], "3 predictions for 2 labels"),
        ([0, 1], [[0.4], [1.5]], r"predictions\[1\]=1.5; must be a probability"),
        ([0, 1], [[0.4, 0.6], [np.nan, 0.1]], r"predictions\[1\] holds NaN"),
        ([0, 1], np.zeros((2, 2, 2)), r"predictions.shape=\(2, 2, 2\); must be"),
        (3, [0], r"labels.shape=\(\); must be"),
    ],
)
def test_what_is_no_class_is_refused(labels: Any, predictions: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"confusion_matrix: {said}"):
        confusion_matrix(labels, predictions)


@pytest.mark.parametrize("labels", [None, ["cat"], [1j], [object()]])
def test_what_is_no_number_is_a_type_error(labels: Any) -> None:
    with pytest.raises(TypeError, match="confusion_matrix: labels"):
        confusion_matrix(labels, [0])


def test_classes_are_checked() -> None:
    with pytest.raises(ValueError, match="classes 0 to 2; must be 0 to 1"):
        confusion_matrix([2], [0], classes=2)
    for classes, kind in ((0, ValueError), (2.0, TypeError), (1 << 20, ValueError)):
        with pytest.raises(kind, match="confusion_matrix: classes="):
            confusion_matrix([0], [0], classes=classes)  # type: ignore[arg-type]


def test_a_report_of_three_classes_by_hand() -> None:
    report = classification_report(LABELS, FOUND)
    np.testing.assert_allclose(report.precision, [1, 1 / 2, 1 / 2], rtol=FORMULA)
    np.testing.assert_allclose(report.recall, [2 / 3, 1 / 2, 1], rtol=FORMULA)
    np.testing.assert_allclose(report.f1, [4 / 5, 1 / 2, 2 / 3], rtol=FORMULA)
    np.testing.assert_array_equal(report.support, [3, 2, 1])
    np.testing.assert_allclose(report.accuracy, 4 / 6, rtol=FORMULA)
    np.testing.assert_allclose(report.macro, [2 / 3, 13 / 18, 59 / 90], rtol=FORMULA)
    np.testing.assert_allclose(report.weighted, [3 / 4, 2 / 3, 61 / 90], rtol=FORMULA)


def test_a_class_that_never_occurs_counts_as_zero() -> None:
    report = classification_report([0, 0], [0, 0], classes=2)
    assert [v[1] for v in (report.precision, report.recall, report.f1, report.support)] == [0] * 4


def test_a_report_agrees_with_the_metrics() -> None:
    found, one_hot = OUTPUTS.argmax(axis=1), np.eye(7)[TRUE]
    report = classification_report(TRUE, found)
    f_score = metrics.F1Score()
    f_score.update_state(one_hot, np.eye(7)[found])
    np.testing.assert_allclose(f_score.result(), report.f1, atol=F_SCORE_EPSILON)
    precision = metrics.Precision(class_id=3)
    precision.update_state(one_hot, np.eye(7)[found])
    np.testing.assert_allclose(precision.result(), report.precision[3], rtol=FORMULA)


def test_the_table_of_a_report_names_its_classes() -> None:
    lines = classification_report(LABELS, FOUND).lines(["cat", "dog", "bird"])
    assert lines[0].split() == ["precision", "recall", "F1", "support"]
    assert lines[1].split() == ["cat", "1.0000", "0.6667", "0.8000", "3"]
    assert lines[5].split() == ["accuracy", "0.6667", "6"]
    assert len({len(line) for line in lines if line}) == 1
    with pytest.raises(ValueError, match="lines: 1 names; must be 3"):
        classification_report(LABELS, FOUND).lines(["cat"])


def test_a_report_needs_a_sample() -> None:
    with pytest.raises(ValueError, match="classification_report: labels is empty"):
        classification_report([], [])


@pytest.mark.parametrize("k", [1, 2, 5, 7, 9])
def test_top_k_counts_as_the_metric_does(k: int) -> None:
    metric = metrics.SparseTopKCategoricalAccuracy(k)
    metric.update_state(TRUE, OUTPUTS)
    np.testing.assert_allclose(top_k_accuracy(TRUE, OUTPUTS, k), metric.result(), rtol=FORMULA)


def test_top_k_by_hand() -> None:
    outputs = [[0.1, 0.6, 0.3], [0.2, 0.5, 0.3]]
    assert top_k_accuracy([2, 0], outputs, 1) == 0
    assert top_k_accuracy([2, 0], outputs, 2) == 0.5
    assert top_k_accuracy(np.eye(3)[[2, 0]], outputs, 3) == 1


@pytest.mark.parametrize(
    ("labels", "outputs", "k", "said"),
    [
        ([0], [[0.5, 0.5]], 0, "k=0; must be >= 1"),
        ([2], [[0.5, 0.5]], 1, r"labels\[0\]=2; must be < 2"),
        ([0, 1], [[0.5, 0.5]], 1, r"outputs.shape=\(1, 2\) with 2 labels"),
        ([], np.zeros((0, 3)), 1, r"outputs.shape=\(0, 3\) with 0 labels"),
    ],
)
def test_top_k_refuses_what_does_not_fit(labels: Any, outputs: Any, k: int, said: str) -> None:
    with pytest.raises(ValueError, match=f"top_k_accuracy: {said}"):
        top_k_accuracy(labels, outputs, k)


class Constant:
    """A model that gives the same outputs whatever it is shown."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = np.array(outputs)

    def predict(self, x: Any, batch_size: int | None = None, verbose: int = 1) -> np.ndarray:
        assert verbose == 0
        return self.outputs


THREE = [
    [[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.6, 0.4, 0.0]],
    [[0.0, 0.6, 0.4], [0.1, 0.2, 0.7], [0.1, 0.9, 0.0]],
    [[0.1, 0.5, 0.4], [0.6, 0.1, 0.3], [0.5, 0.1, 0.4]],
]


def test_the_mean_of_probabilities_and_the_vote_may_differ() -> None:
    assert mean_of_probabilities(THREE).argmax(axis=1).tolist() == [1, 2, 1]
    assert vote(THREE).tolist() == [1, 2, 0]  # the second: one vote each, the larger mean wins


def test_a_vote_of_single_units_counts_sides() -> None:
    assert vote([[[0.6], [0.1]], [[0.6], [0.6]], [[0.0], [0.9]]]).tolist() == [1, 1]


def test_an_ensemble_answers_like_its_rule() -> None:
    models = [Constant(outputs) for outputs in THREE]
    mean, voting = Ensemble(models), Ensemble(models, "vote")
    np.testing.assert_allclose(mean.predict(None), np.mean(THREE, axis=0), rtol=FORMULA)
    np.testing.assert_allclose(
        voting.predict(None), np.array([[1, 2, 0], [1, 1, 1], [2, 1, 0]]) / 3, rtol=FORMULA
    )
    assert mean.predict_classes(None).tolist() == [1, 2, 1]
    assert voting.predict_classes(None).tolist() == [1, 2, 0]
    binary = Ensemble([Constant([[0.6], [0.2]]), Constant([[0.7], [0.4]])])
    assert binary.predict(None).shape == (2, 1)
    assert binary.predict_classes(None).tolist() == [1, 0]


def test_an_ensemble_refuses_what_it_cannot_ask() -> None:
    with pytest.raises(ValueError, match="Ensemble: models is empty"):
        Ensemble([])
    with pytest.raises(TypeError, match=r"Ensemble: models\[0\]=3; must have predict"):
        Ensemble([3])
    with pytest.raises(ValueError, match="Ensemble: rule='median'; must be one of mean, vote"):
        Ensemble([Constant([[1]])], "median")


def test_models_of_other_classes_are_named_and_nan_does_not_vote() -> None:
    other = Ensemble([Constant([[0.2, 0.8]]), Constant([[0.5]])])
    with pytest.raises(ValueError, match=r"Ensemble.predict_classes: outputs of shapes"):
        other.predict_classes(None)
    outputs = [[[0.1, 0.9], [0.4, 0.6]], [[0.1, 0.9], [np.nan, 0.6]]]
    with pytest.raises(ValueError, match=r"vote: outputs\[1\]\[1\] holds NaN"):
        vote(outputs)


def test_a_report_takes_names_as_an_array_too() -> None:
    report = classification_report(LABELS, FOUND)
    names = ["ant", "bee", "cat"]
    assert report.lines(np.array(names)) == report.lines(names)  # type: ignore[arg-type]


@pytest.mark.parametrize("function", [mean_of_probabilities, vote])
@pytest.mark.parametrize("outputs", [[], [[[0.5, 0.5]], [[1.0]]], [[0.5, 0.5]]])
def test_outputs_must_agree(function: Any, outputs: Any) -> None:
    with pytest.raises(ValueError, match=f"{function.__name__}: outputs of shapes"):
        function(outputs)

# SPDX-License-Identifier: BSD-3-Clause
"""Where Keras's counting is its own: outputs of one axis, classes left out, boolean labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

from pyconv import losses, metrics

DRAW = np.random.default_rng(0)
ROWS, OTHER = DRAW.random((2, 6, 3)).astype(np.float32)
SHARES = DRAW.dirichlet(np.ones(3), 6).astype(np.float32)
CLASSES = np.array([0, 1, 2, 2, 1, 0])
WEIGHTS = DRAW.random(6).astype(np.float32)
IGNORING = ("SparseCategoricalCrossentropy", {"ignore_class": 2})
ROOT: tuple[str, dict[str, Any]] = ("RootMeanSquaredError", {})


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    ("metric", "given"),
    [
        (IGNORING, (CLASSES, SHARES)),
        (IGNORING, (CLASSES, SHARES, WEIGHTS)),
        (ROOT, (ROWS[:, 0], OTHER[:, 0])),
        (ROOT, (ROWS[:, 0], OTHER[:, 0], WEIGHTS)),
        (ROOT, (ROWS[:, :1], OTHER[:, 0], WEIGHTS)),
        (ROOT, (ROWS[:, 0], OTHER[:, :1], WEIGHTS)),
        (ROOT, (ROWS, OTHER, WEIGHTS)),
        (ROOT, (ROWS, OTHER, WEIGHTS[:, None])),
        (ROOT, (ROWS, OTHER, SHARES)),
        (("SparseCategoricalCrossentropy", {}), (CLASSES == 1, SHARES)),
        (("SparseCategoricalAccuracy", {}), (CLASSES == 1, SHARES)),
        (("Accuracy", {}), (CLASSES[:, None], CLASSES % 2, WEIGHTS)),
        (("BinaryAccuracy", {}), (CLASSES[:, None] % 2, ROWS[:, 0])),
    ],
)
def test_two_batches_are_counted_as_keras_counts(
    keras: Any, metric: tuple[str, dict[str, Any]], given: tuple[Any, ...]
) -> None:
    name, options = metric
    ours, theirs = getattr(metrics, name)(**options), getattr(keras.metrics, name)(**options)
    for part in (slice(0, 4), slice(4, 6)):
        for one in (ours, theirs):
            one.update_state(*(array[part] for array in given))
    np.testing.assert_allclose(ours.result(), float(theirs.result()), rtol=KERAS)


def test_a_class_left_out_counts_as_nought() -> None:
    metric = metrics.SparseCategoricalCrossentropy(ignore_class=2)
    metric.update_state([0, 2], np.float32([[0.5, 0.5, 0], [0.1, 0.1, 0.8]]))
    assert metric.result() == pytest.approx(np.log(2) / 2)


def test_errors_of_one_axis_are_weighted_one_by_one() -> None:
    metric = metrics.RootMeanSquaredError()
    metric.update_state(np.uint8([1, 2]), np.uint8([3, 1]), [3, 1])
    assert metric.result() == pytest.approx((13 / 4) ** 0.5)


def test_labels_of_another_shape_are_refused() -> None:
    rule = r"root_mean_squared_error: labels of shape \(6, 3\); must be \(6,\) as the outputs"
    with pytest.raises(ValueError, match=rule):
        metrics.RootMeanSquaredError().update_state(ROWS, WEIGHTS)


def test_boolean_labels_are_classes_0_and_1() -> None:
    loss = losses.SparseCategoricalCrossentropy()
    assert float(loss(CLASSES == 1, SHARES)) == float(loss(np.int64(CLASSES == 1), SHARES))

# SPDX-License-Identifier: BSD-3-Clause
"""What fit and compile refuse, named: labels, arguments, inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from row_pictures import assert_equal, data, network

from pyconv import layers
from pyconv.models import Sequential


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.r_[np.zeros(58), 3, 0].astype(int), r"labels\[58\]=3; must be an integer in \[0, 3\)"),
        (np.r_[np.zeros(7), -1, np.zeros(52)].astype(int), r"labels\[7\]=-1"),
        (np.r_[0, 2**40, np.zeros(58)].astype(int), r"labels\[1\]=1099511627776"),
        (np.r_[1.5, np.zeros(59)], r"labels\[0\]=1\.5"),
        (np.r_[np.nan, np.zeros(59)], r"labels\[0\]=nan"),
        (np.zeros((60, 2), int), r"labels of shape \(60, 2\); must be \(60,\)"),
        (np.eye(3)[np.zeros(60, int)], "one-hot rows need categorical_crossentropy"),
        (np.zeros(59, int), "x has 60 samples and y 59"),
        (None, "y is None"),
    ],
)
def test_bad_labels_are_named(labels: Any, message: str) -> None:
    x, _ = data()
    model = network()
    before = model.get_weights()
    for function in (model.fit, model.evaluate):
        with pytest.raises((ValueError, TypeError), match=message):
            function(x, labels, verbose=0)
    assert_equal(model.get_weights(), before)


def test_integer_labels_for_a_one_hot_loss_are_explained() -> None:
    x, y = data()
    model = network(loss="categorical_crossentropy")
    with pytest.raises(ValueError, match="need sparse_categorical_crossentropy"):
        model.fit(x, y, verbose=0)
    with pytest.raises(ValueError, match=r"labels of shape \(60, 4\); must be \(60, 3\)"):
        model.fit(x, np.zeros((60, 4)), verbose=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"batch_size": -1}, "batch_size=-1"),
        ({"batch_size": 1.5}, r"batch_size=1\.5"),
        ({"batch_size": True}, "batch_size=True"),
        ({"epochs": -1}, "epochs=-1"),
        ({"epochs": 1.5}, r"epochs=1\.5"),
        ({"initial_epoch": -1}, "initial_epoch=-1"),
        ({"validation_split": 1.0}, r"validation_split=1\.0"),
        ({"validation_split": -0.1}, r"validation_split=-0\.1"),
        ({"validation_split": 0.999}, "leaves none"),
        ({"validation_data": 3}, "validation_data"),
        ({"validation_data": (np.zeros((2, 6, 6, 1)), np.zeros(3))}, "validation_x has 2"),
        ({"verbose": 3}, "verbose=3"),
        ({"shuffle": "batch"}, "shuffle='batch'"),
        ({"class_weight": {0: "a"}}, r"class_weight\[0\]='a'"),
        (
            {"validation_batch_size": 0, "validation_data": (np.zeros((2, 6, 6, 1)), [0, 1])},
            "validation_batch_size=0",
        ),
    ],
)
def test_bad_arguments_are_named(options: dict[str, Any], message: str) -> None:
    x, y = data()
    with pytest.raises(ValueError, match=f"fit: .*{message}"):
        network().fit(x, y, **{"verbose": 0, **options})


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (None, TypeError, "x is None"),
        (np.zeros((0, 6, 6, 1)), ValueError, "x has 0 samples"),
        (np.float32(1), ValueError, "x has no axes"),
        (np.full((60, 6, 6, 1), 1e300), ValueError, "x holds a value beyond 3.403e\\+38"),
        (np.ma.masked_all((60, 6, 6, 1)), TypeError, "x: .* masked array"),
        (np.full((60, 6, 6, 1), "1.5"), TypeError, "x: .* must be numbers"),
        (np.full((60, 6, 6, 1), 1j), TypeError, "x: .* must be numbers"),
        (np.full((60, 6, 6, 1), None), TypeError, "x: .* must be numbers"),
        ([[1, 2], [3]], ValueError, "x: "),
        (np.zeros((60, 6, 6, 2)), ValueError, r"input shape \(60, 6, 6, 2\)"),
        (np.zeros((60, 36)), ValueError, r"input shape \(60, 36\)"),
    ],
)
def test_bad_inputs_are_named(x: Any, error: type[Exception], message: str) -> None:
    _, y = data()
    with pytest.raises(error, match=message):
        network().fit(x, y, verbose=0)
    with pytest.raises(error, match=message.replace("x has 0 samples", "x has 0")):
        network().evaluate(x, y, verbose=0)


@pytest.mark.parametrize(
    ("optimizer", "loss", "metrics", "message"),
    [
        ("rmsprob", "sparse_categorical_crossentropy", [], "optimizers.get: .*'rmsprob'.*'adam'"),
        ("adam", "mean", [], "losses.get: .*'mean'.*sparse_categorical_crossentropy"),
        ("adam", 3, [], "losses.get"),
        ("adam", "categorical_crossentropy", ["area"], "metrics.get: .*'area'"),
        ("adam", "categorical_crossentropy", "accuracy", "must be a list"),
    ],
)
def test_compile_lists_its_choices(optimizer: Any, loss: Any, metrics: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        network().compile(optimizer, loss, metrics=metrics)


def test_fit_before_compile_is_explained() -> None:
    model = Sequential([layers.Dense(2)])
    with pytest.raises(RuntimeError, match="fit: compile the model first"):
        model.fit(np.zeros((2, 2)), np.zeros(2))

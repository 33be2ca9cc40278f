# SPDX-License-Identifier: BSD-3-Clause
"""Regularizers and constraints beside Keras 3: values, what training makes of them, files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv import Sequential, constraints, layers, regularizers, set_seed

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
REGULARIZERS: list[tuple[str, dict[str, float]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {"l1": 0.1, "l2": 0.2}),
]
CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": [0, 1, 2]}),
    ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.7}),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 3.0, "rate": 0.3, "axis": 1}),
    ("NonNeg", {}),
    ("UnitNorm", {"axis": [0, 1, 2]}),
]
W = np.random.default_rng(0).normal(0, 1, (3, 3, 2, 4)).astype(np.float32)


@pytest.mark.parametrize(("name", "options"), REGULARIZERS)
def test_a_penalty_is_keras_s(keras: Any, name: str, options: dict[str, float]) -> None:
    ours, theirs = getattr(regularizers, name)(**options), getattr(keras.regularizers, name)
    assert float(ours(W)) == pytest.approx(float(theirs(**options)(W)), rel=tolerances.KERAS)
    read = keras.regularizers.deserialize(regularizers.serialize(ours))
    back = regularizers.deserialize(keras.regularizers.serialize(read))
    assert back.get_config() == pytest.approx(ours.get_config())


@pytest.mark.parametrize(("name", "options"), CONSTRAINTS)
def test_a_constraint_is_keras_s(keras: Any, name: str, options: dict[str, Any]) -> None:
    ours, theirs = getattr(constraints, name)(**options), getattr(keras.constraints, name)
    found = keras.ops.convert_to_numpy(theirs(**options)(keras.ops.convert_to_tensor(W)))
    np.testing.assert_allclose(ours(W), found, rtol=tolerances.KERAS, atol=tolerances.KERAS)
    read = keras.constraints.deserialize(constraints.serialize(ours))
    back = constraints.deserialize(keras.constraints.serialize(read))
    np.testing.assert_array_equal(back(W), ours(W))


def net(library: Any, sequential: Any) -> Any:
    return sequential(
        [
            library.Input((6, 6, 2)),
            library.Conv2D(
                4,
                3,
                kernel_regularizer="l2",
                bias_regularizer="l1",
                activity_regularizer="l2",
                kernel_constraint="max_norm",
            ),
            library.Flatten(),
            library.Dense(3, kernel_regularizer="l1", kernel_constraint="non_neg"),
        ]
    )


def test_training_with_both_goes_as_in_keras(keras: Any) -> None:
    set_seed(2)
    ours, theirs = net(layers, Sequential), net(keras.layers, keras.Sequential)
    theirs.set_weights(ours.get_weights())
    rng = np.random.default_rng(1)
    x, y = rng.random((16, 6, 6, 2)).astype("float32"), rng.random((16, 3)).astype("float32")
    losses = []
    for model in (ours, theirs):
        model.compile("sgd", "mse")
        model.optimizer.learning_rate = 0.02
        losses.append(model.fit(x, y, 4, 5, shuffle=False, verbose=0).history["loss"])
    bound = tolerances.KERAS_LOSS_OF_STEPS["float32"]
    np.testing.assert_allclose(losses[0], losses[1], rtol=bound)
    bound = tolerances.KERAS_WEIGHTS_AFTER_STEPS["float32"]
    for mine, his in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(mine, his, rtol=bound, atol=bound)

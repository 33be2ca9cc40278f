# SPDX-License-Identifier: BSD-3-Clause
"""Normalising layers while training beside Keras 3 on the torch backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS, KERAS_WEIGHTS_AFTER_STEPS

import pyconv
from pyconv import GradientTape, Tensor

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.mark.parametrize("shape", [(6, 5, 4, 3), (40, 7), (1, 1, 1, 3)])
@pytest.mark.parametrize("options", [{}, {"axis": 1, "momentum": 0.6, "epsilon": 0.1}])
def test_training_results_gradients_and_averages(
    keras: Any, options: dict[str, Any], shape: tuple[int, ...]
) -> None:
    generator = np.random.default_rng(8)
    ours = pyconv.layers.BatchNormalization(**options)
    theirs = keras.layers.BatchNormalization.from_config(ours.get_config())
    ours.ensure_built(shape)
    theirs.build(shape)
    weights = [generator.normal(size=w.shape).astype(np.float32) for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    for _ in range(20):
        x = generator.normal(1.0, 2.0, shape).astype(np.float32)
        dy = generator.normal(size=shape).astype(np.float32)
        image, expected_x = Tensor(x), keras.ops.convert_to_tensor(x).requires_grad_(True)
        with GradientTape() as tape:
            tape.watch(image)
            y = ours(image, training=True)
        for weight in theirs.weights:
            weight.value.grad = None
        expected = theirs(expected_x, training=True)
        expected.backward(keras.ops.convert_to_tensor(dy))
        found = [y, *tape.gradient(y, [image, *ours.trainable_weights], Tensor(dy))]
        gradients = [w.value.grad for w in (*theirs.trainable_weights,)]
        for one, other in zip(found, [expected.detach(), expected_x.grad, *gradients], strict=True):
            scale = float(np.abs(other.numpy()).max()) + 1
            np.testing.assert_allclose(one, other.numpy(), rtol=KERAS, atol=KERAS * scale)
    tolerance = KERAS_WEIGHTS_AFTER_STEPS["float64"]
    for one, weight in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, weight, rtol=tolerance, atol=tolerance)


def test_we_read_keras_s_configuration(keras: Any) -> None:
    config = keras.layers.BatchNormalization(axis=1, momentum=0.9).get_config()
    config["dtype"] = "float32"
    ours = pyconv.layers.BatchNormalization.from_config(
        {key: value for key, value in config.items() if not isinstance(value, dict)}
    )
    assert (ours.axis, ours.momentum) == (1, 0.9)


@pytest.mark.parametrize("axis", [-1, None, (1, 2)])
def test_adapt_learns_what_keras_learns(keras: Any, axis: Any) -> None:
    data = np.random.default_rng(0).normal(2.0, 3.0, (50, 4, 3)).astype(np.float32)
    ours, theirs = (m.layers.Normalization(axis=axis) for m in (pyconv, keras))
    ours.adapt(data)
    theirs.adapt(data)
    assert [w.name for w in ours.weights] == [w.name for w in theirs.weights]
    np.testing.assert_allclose(ours(data), theirs(data).numpy(), rtol=KERAS, atol=KERAS)

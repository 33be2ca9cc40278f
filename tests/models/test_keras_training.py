# SPDX-License-Identifier: BSD-3-Clause
"""Training steps of SimpleConvNet beside Keras 3 on the torch backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tolerances import KERAS_LOSS_OF_STEPS, KERAS_WEIGHTS_AFTER_STEPS

import pyconv

RATE = 2**-10  # exact in float32, as which Keras keeps it
STEPS = 20
BATCH = {"float32": 100, "float64": 20}


def simple_conv_net(library: Any, dtype: str) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            layers.Input(shape=(28, 28, 1), dtype=dtype),
            layers.Conv2D(30, 5, activation="relu", dtype=dtype),
            layers.MaxPooling2D(2, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(100, activation="relu", dtype=dtype),
            layers.Dense(10, activation="softmax", dtype=dtype),
        ]
    )


def batches(dtype: str) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Return images of a bright line where the label says, among noise; no two pixels are equal."""
    generator = np.random.default_rng(5)
    found = []
    for _ in range(STEPS):
        batch = BATCH[dtype]
        labels = generator.integers(0, 10, batch)
        shape = (batch, 28, 28, 1)
        images = generator.random(shape) * (generator.random(shape) < 0.1)
        images[np.arange(batch), 2 * labels + 4, 10:18, 0] = 0.5 + generator.random((batch, 8)) / 2
        found.append((images.astype(dtype), labels))
    return found


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_twenty_steps_of_simple_conv_net_equal_keras(keras: Any, dtype: str) -> None:
    pyconv.set_seed(1)
    ours, theirs = simple_conv_net(pyconv, dtype), simple_conv_net(keras, dtype)
    assert ours.count_params() == theirs.count_params() == 433_890
    theirs.set_weights(ours.get_weights())
    for model, library in ((ours, pyconv), (theirs, keras)):
        optimizer = library.optimizers.Adam(RATE)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    losses = []
    for images, labels in batches(dtype):
        mine = ours.train_on_batch(images, labels, return_dict=True)
        theirs.reset_metrics()
        other = theirs.train_on_batch(images, labels, return_dict=True)
        losses.append((mine["loss"], float(other["loss"])))
    found, expected = np.array(losses).T
    np.testing.assert_allclose(found, expected, rtol=KERAS_LOSS_OF_STEPS[dtype])
    assert found[-1] < found[0] * 0.8, "the steps must have learned something"
    for ours_weight, their_weight in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        distance = np.linalg.norm(ours_weight - their_weight) / np.linalg.norm(their_weight)
        assert distance < KERAS_WEIGHTS_AFTER_STEPS[dtype]

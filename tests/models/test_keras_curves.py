# SPDX-License-Identifier: BSD-3-Clause
"""Whole trainings with augmentation beside Keras 3: equal weights, batches and random numbers."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
from fixed_draws import FixedDraws
from tolerances import KERAS

import pyconv
from pyconv.layers.augmentation import AugmentationLayer

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

RATE = 2**-10  # exact in float32, as which Keras keeps it
BATCH, TRAINED, VALIDATED, EPOCHS = 16, 64, 32, 5
SHARES = tuple(np.random.default_rng(8).random(BATCH))


def photographs(count: int, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return noise (count, 24, 24, 3), 0 to 255, with a bright edge that lies or stands."""
    generator = np.random.default_rng(seed)
    x, y = generator.uniform(0, 120, (count, 24, 24, 3)), np.arange(count) % 2
    x[y == 0, :, 12:] += 120
    x[y == 1, 12:] += 120
    return x.astype(np.float32), y


def cats_dogs(library: Any, augmented: bool) -> Any:
    """Return the lecture's network in small; its dropout, which draws otherwise, is left out."""
    layers = library.layers
    inputs = x = library.Input(shape=(24, 24, 3))
    if augmented:
        changes = [layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)]
        x = library.Sequential([*changes, layers.RandomZoom(0.2)])(x)
    x = layers.Rescaling(1 / 255)(x)
    for filters in (8, 16):
        x = layers.MaxPooling2D(2)(layers.Conv2D(filters, 3, activation="relu")(x))
    x = layers.Dense(1, activation="sigmoid")(layers.Flatten()(x))
    return library.Model(inputs, x)


@pytest.mark.parametrize("augmented", [False, True])
def test_curves_of_fit_equal_those_of_keras(
    keras: Any, monkeypatch: pytest.MonkeyPatch, augmented: bool
) -> None:
    pyconv.set_seed(5)
    ours, theirs = cats_dogs(pyconv, augmented), cats_dogs(keras, augmented)
    weights = ours.get_weights()
    theirs.set_weights(weights)
    drawn = FixedDraws(*SHARES)
    monkeypatch.setattr(AugmentationLayer, "generator", lambda layer: drawn)
    backend = importlib.import_module("keras.src.backend.torch.random")
    monkeypatch.setattr(backend, "uniform", FixedDraws(*SHARES).keras_uniform(keras))
    curves = []
    for model, library in ((ours, pyconv), (theirs, keras)):
        optimizer = library.optimizers.RMSprop(RATE)
        model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
        history = model.fit(
            *photographs(TRAINED, 0),
            batch_size=BATCH,
            epochs=EPOCHS,
            shuffle=False,
            validation_data=photographs(VALIDATED, 1),
            verbose=0,
        )
        curves.append(history.history)
    found, expected = curves
    assert set(found) == set(expected) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=KERAS, err_msg=name)
    assert found["loss"][-1] < found["loss"][0]
    assert drawn.draws == (3 * EPOCHS * TRAINED // BATCH if augmented else 0)

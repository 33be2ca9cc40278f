# SPDX-License-Identifier: BSD-3-Clause
"""A small model that plans are made of, and predictions by a plan beside the ordinary way."""

import numpy as np
from arrays import normal

from pyconv import Input, Sequential
from pyconv.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from pyconv.models.folding import inference
from pyconv.models.plan import SIGHTINGS

SHAPE = (9, 8, 2)


def small_model():
    layers = [Input(shape=SHAPE), Conv2D(4, 3, activation="relu"), MaxPooling2D(2)]
    return Sequential([*layers, Dropout(0.5), Flatten(), Dense(5, activation="softmax")])


def picture(seed=0, n=1):
    return normal((n, *SHAPE), "float32", seed)


def planned(model, x):
    """Predict until a plan is made, and say whether one was."""
    for _ in range(SIGHTINGS + 1):
        model.predict(x, verbose=0)
    return (x.shape, x.dtype) in model._plans._plans


def ordinary(model, x):
    with inference():
        return model(x, training=False).numpy()


def assert_follows(model, x):
    np.testing.assert_array_equal(model.predict(x, verbose=0), ordinary(model, x))

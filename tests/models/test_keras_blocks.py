# SPDX-License-Identifier: BSD-3-Clause
"""Twenty training steps of deep networks beside Keras 3: residual, separable, DeepConvNet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS, WINOGRAD_CURVE

import pyconv

STEPS, BATCH = 20, 16
RATE = 2**-10  # exact in float32, as which Keras keeps it


def residual(library: Any, dtype: str) -> Any:
    """Two blocks of batch-normalised convolutions with shortcuts."""
    layers = library.layers
    inputs = x = layers.Input((12, 12, 1), dtype=dtype)
    for filters, strides in ((8, 1), (12, 2)):
        shortcut = layers.Conv2D(filters, 1, strides=strides, use_bias=False, dtype=dtype)(x)
        shortcut = layers.BatchNormalization(dtype=dtype)(shortcut)
        options = {"padding": "same", "use_bias": False, "dtype": dtype}
        x = layers.Conv2D(filters, 3, strides=strides, **options)(x)
        x = layers.Activation("relu", dtype=dtype)(layers.BatchNormalization(dtype=dtype)(x))
        x = layers.BatchNormalization(dtype=dtype)(layers.Conv2D(filters, 3, **options)(x))
        x = layers.Activation("relu", dtype=dtype)(layers.Add(dtype=dtype)([x, shortcut]))
    x = layers.GlobalAveragePooling2D(dtype=dtype)(x)
    return library.Model(inputs, layers.Dense(4, activation="softmax", dtype=dtype)(x))


def separable(library: Any, dtype: str) -> Any:
    """Depthwise and separable convolutions, batch normalisation, average pooling."""
    layers = library.layers
    return library.Sequential(
        [
            layers.Input((12, 12, 1), dtype=dtype),
            layers.Conv2D(8, 3, activation="relu", dtype=dtype),
            layers.SeparableConv2D(12, 3, padding="same", activation="relu", dtype=dtype),
            layers.BatchNormalization(dtype=dtype),
            layers.DepthwiseConv2D(3, strides=2, activation="relu", dtype=dtype),
            layers.AveragePooling2D(2, dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(4, activation="softmax", dtype=dtype),
        ]
    )


def deep_convnet(library: Any, dtype: str) -> Any:
    """DeepConvNet's convolutions at a smaller size; its dropout draws and is left out."""
    layers = library.layers
    stack = [layers.Input((12, 12, 1), dtype=dtype)]
    for filters in (16, 32, 64):
        for padding in ("same", "same"):
            options = {"activation": "relu", "kernel_initializer": "he_normal", "dtype": dtype}
            stack.append(layers.Conv2D(filters, 3, padding=padding, **options))
        stack.append(layers.MaxPooling2D(2, dtype=dtype))
    stack += [
        layers.Flatten(dtype=dtype),
        layers.Dense(50, activation="relu", dtype=dtype),
        layers.Dense(4, activation="softmax", dtype=dtype),
    ]
    return library.Sequential(stack)


@pytest.fixture
def exact_convolutions() -> Iterator[None]:
    """Leave out Winograd's algorithm, whose rounding grows from step to step."""
    pyconv.set_conv_algorithm("direct")
    yield
    pyconv.set_conv_algorithm("auto")


@pytest.mark.oracle
@pytest.mark.usefixtures("exact_convolutions")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("network", [residual, separable, deep_convnet])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_twenty_steps_equal_keras(keras: Any, network: Callable[..., Any], dtype: str) -> None:
    # With other seeds a maximum or a zero can fall to the other side by rounding, in Keras as here.
    pyconv.set_seed(3)
    ours, theirs = network(pyconv, dtype), network(keras, dtype)
    theirs.set_weights(ours.get_weights())
    for model, library in ((ours, pyconv), (theirs, keras)):
        model.compile(library.optimizers.Adam(RATE), "sparse_categorical_crossentropy")
    generator = np.random.default_rng(6)
    losses = []
    for _ in range(STEPS):
        labels = generator.integers(0, 4, BATCH)
        images = generator.random((BATCH, 12, 12, 1)) * 0.5
        images[np.arange(BATCH), 2 * labels + 1, 3:9, 0] += 0.5
        images = images.astype(dtype)
        mine = ours.train_on_batch(images, labels, return_dict=True)
        theirs.reset_metrics()
        other = theirs.train_on_batch(images, labels, return_dict=True)
        losses.append((mine["loss"], float(other["loss"])))
    found, expected = np.array(losses).T
    np.testing.assert_allclose(found, expected, rtol=KERAS)
    assert found[-1] < found[0]


def test_the_algorithm_of_convolutions_moves_a_training_curve_little() -> None:
    curves = []
    for algorithm in ("direct", "auto"):
        pyconv.set_seed(2)
        pyconv.set_conv_algorithm(algorithm)
        try:
            model = deep_convnet(pyconv, "float32")
            model.compile("adam", "sparse_categorical_crossentropy")
            generator = np.random.default_rng(6)
            images = generator.random((4 * BATCH, 12, 12, 1), np.float32)
            labels = generator.integers(0, 4, 4 * BATCH)
            fitted = model.fit(images, labels, batch_size=BATCH, epochs=2, verbose=0)
        finally:
            pyconv.set_conv_algorithm("auto")
        curves.append(fitted.history["loss"])
    assert curves[0] != curves[1], "auto must have taken Winograd's algorithm"
    np.testing.assert_allclose(curves[1], curves[0], rtol=WINOGRAD_CURVE)

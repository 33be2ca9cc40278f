# SPDX-License-Identifier: BSD-3-Clause
"""Dropout, SpatialDropout2D, GaussianNoise: only while training, repeated by set_seed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import GradientTape, Input, Sequential, Tensor, layers, random, set_seed
from pyconv.saving import deserialize_layer, serialize_layer

X = np.ones((4, 9, 8, 6), np.float32)
LAYERS: dict[str, Callable[[], Any]] = {
    "dropout": lambda: layers.Dropout(0.5),
    "dropout of whole samples": lambda: layers.Dropout(0.5, noise_shape=(None, 1, 1, 1)),
    "dropout with a seed": lambda: layers.Dropout(0.5, seed=7),
    "spatial": lambda: layers.SpatialDropout2D(0.5),
    "spatial channels_first": lambda: layers.SpatialDropout2D(0.5, "channels_first"),
    "noise": lambda: layers.GaussianNoise(0.3),
    "noise with a seed": lambda: layers.GaussianNoise(0.3, seed=2**64 - 1),
}


@pytest.mark.parametrize("name", LAYERS)
def test_acts_only_while_training_and_draws_nothing_otherwise(name: str) -> None:
    layer = LAYERS[name]()
    state = random.get_state()
    for training in (None, False):
        np.testing.assert_array_equal(layer(X, training=training), X)
    assert layer(Input(shape=X.shape[1:])).shape == (None, *X.shape[1:])
    assert random.get_state() == state
    assert (layer(X, training=True).numpy() != X).mean() > 0.2


@pytest.mark.parametrize("name", LAYERS)
def test_set_seed_repeats_it_and_the_next_call_differs(name: str) -> None:
    layer = LAYERS[name]()
    set_seed(3)
    first, second = layer(X, training=True).numpy(), layer(X, training=True).numpy()
    assert (first != second).any()
    set_seed(3)
    np.testing.assert_array_equal(layer(X, training=True), first)


@pytest.mark.parametrize("name", LAYERS)
def test_an_equal_layer_comes_from_its_configuration(name: str) -> None:
    layer = LAYERS[name]()
    twin = deserialize_layer(serialize_layer(layer))
    assert twin.get_config() == layer.get_config()
    set_seed(1)
    y = layer(X, training=True)
    set_seed(1)
    np.testing.assert_array_equal(twin(X, training=True), y)


def test_two_layers_with_seeds_of_their_own_drop_differently() -> None:
    results = []
    for seed in (None, 1, 2):
        set_seed(5)
        results.append(layers.Dropout(0.5, seed=seed)(X, training=True).numpy())
    assert (results[0] != results[1]).any()
    assert (results[1] != results[2]).any()


def test_spatial_dropout_drops_whole_channels() -> None:
    for data_format, axes in (("channels_last", (1, 2)), ("channels_first", (2, 3))):
        y = layers.SpatialDropout2D(0.5, data_format)(X, training=True).numpy()
        assert set(np.unique(y)) == {0.0, 2.0}
        np.testing.assert_array_equal(y.min(axes), y.max(axes))


@pytest.mark.parametrize("name", LAYERS)
def test_the_gradient_passes_where_the_value_passed(name: str) -> None:
    layer, x = LAYERS[name](), Tensor(X)
    with GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    dx = tape.gradient(y, x)
    assert dx is not None
    np.testing.assert_array_equal(dx, np.ones_like(X) if "noise" in name else y.numpy())


def test_noise_has_the_deviation_asked_for() -> None:
    for dtype in ("float32", "float64"):
        y = layers.GaussianNoise(0.3, dtype=dtype)(np.zeros((500, 400), dtype), training=True)
        assert y.dtype == dtype
        assert abs(float(y.numpy().std()) - 0.3) < 0.01
        assert abs(float(y.numpy().mean())) < 0.01


def test_rate_zero_and_no_deviation_change_nothing() -> None:
    for layer in (layers.Dropout(0), layers.SpatialDropout2D(0.0), layers.GaussianNoise(0)):
        np.testing.assert_array_equal(layer(X, training=True), X)


def network() -> Sequential:
    set_seed(21)
    model = Sequential(
        [
            Input(shape=(6, 6, 3)),
            layers.GaussianNoise(0.1),
            layers.Conv2D(8, 3, activation="gelu"),
            layers.SpatialDropout2D(0.25),
            layers.Flatten(),
            layers.Dropout(0.5, seed=4),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_training_with_noise_goes_on_bit_for_bit(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    x, y = generator.random((40, 6, 6, 3), np.float32), generator.integers(0, 3, 40)
    through = network()
    through.fit(x, y, batch_size=16, epochs=4, verbose=0)
    stopped = network()
    stopped.fit(x, y, batch_size=16, epochs=2, verbose=0)
    stopped.save(tmp_path / "net.npz")
    set_seed(99)
    resumed = pyconv.load_model(tmp_path / "net.npz")
    random.draw_seed()
    resumed.fit(x, y, batch_size=16, epochs=4, initial_epoch=2, verbose=0)
    for one, other in zip(resumed.get_weights(), through.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Dropout(1.1), ValueError, "Dropout: rate=1.1; must be >= 0 and <= 1"),
        (lambda: layers.Dropout(-0.1), ValueError, "Dropout: rate=-0.1; must"),
        (lambda: layers.Dropout(float("nan")), ValueError, "Dropout: rate=nan; must"),
        (lambda: layers.Dropout("0.5"), TypeError, "Dropout: rate='0.5'; must be a number"),
        (lambda: layers.Dropout(0.5, noise_shape=3), TypeError, "Dropout: noise_shape=3; must"),
        (lambda: layers.Dropout(0.5, seed=-1), ValueError, "Dropout: seed=-1; must be within"),
        (lambda: layers.Dropout(0.5, seed=1.5), TypeError, "Dropout: seed=1.5; must be an integer"),
        (lambda: layers.SpatialDropout2D(1.5), ValueError, "SpatialDropout2D: rate=1.5; must"),
        (lambda: layers.GaussianNoise(-1), ValueError, "GaussianNoise: stddev=-1; must be >= 0"),
        (lambda: layers.SpatialDropout2D(0.5)(X[0]), ValueError, "must have 4 axes"),
        (
            lambda: layers.Dropout(0.5, noise_shape=(2, 1))(X, training=True),
            ValueError,
            r"dropout: noise_shape=\(2, 1\); must be 1 or the size",
        ),
    ],
)
def test_refuses(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("kind", [layers.Dropout, layers.SpatialDropout2D])
def test_a_rate_of_one_drops_all_and_its_gradient_as_in_keras(kind: Any) -> None:
    x = pyconv.Variable(X)
    with pyconv.GradientTape() as tape:
        y = kind(1)(x, training=True)
    assert not y.numpy().any()
    assert not tape.gradient(y, x).numpy().any()
    np.testing.assert_array_equal(kind(1.0)(X), X)

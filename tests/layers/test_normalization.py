# SPDX-License-Identifier: BSD-3-Clause
"""Normalising layers: moving averages, what freezes them, configurations, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS, printed

import pyconv
from pyconv import GradientTape, Input, Sequential, gradient_check, layers, set_seed
from pyconv.saving import deserialize_layer, serialize_layer

X = np.random.default_rng(0).normal(2.0, 3.0, (4, 5, 6, 8)).astype(np.float32)


def test_moving_averages_go_towards_the_batch() -> None:
    layer = layers.BatchNormalization()
    y = layer(np.array([[1.0], [2.0], [3.0], [4.0]], np.float32), training=True)
    expected = [[-1.341104452], [-0.4470348173], [0.4470348173], [1.341104452]]
    np.testing.assert_allclose(y, expected, **printed("float32"))
    assert [w.name for w in layer.weights] == ["gamma", "beta", "moving_mean", "moving_variance"]
    np.testing.assert_allclose(layer.moving_mean, [0.025], **printed("float32"))
    np.testing.assert_allclose(layer.moving_variance, [1.0025], **printed("float32"))
    assert [w.name for w in layer.trainable_weights] == ["gamma", "beta"]


@pytest.mark.parametrize(("trainable", "training"), [(True, False), (True, None), (False, True)])
def test_moving_averages_stand_still(trainable: bool, training: bool | None) -> None:
    layer = layers.BatchNormalization(trainable=trainable)
    y = layer(X, training=training)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(8))
    np.testing.assert_array_equal(layer.moving_variance, np.ones(8))
    np.testing.assert_allclose(y, X / np.sqrt(1.001), **printed("float32"))


def test_frozen_layer_stays_as_it_is_in_fit() -> None:
    model = Sequential([Input(shape=(8,)), layers.BatchNormalization(), layers.Dense(2)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    before = model.layers[0].get_weights()
    model.fit(X.reshape(-1, 8), np.zeros((120, 2), np.float32), epochs=1, verbose=0)
    for one, other in zip(model.layers[0].get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_symbolic_call_moves_nothing() -> None:
    layer = layers.BatchNormalization()
    assert layer(Input(shape=(5, 8)), training=True).shape == (None, 5, 8)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(8))


def test_moving_averages_are_no_inputs_of_the_tape() -> None:
    layer = layers.BatchNormalization()
    layer(X)
    with GradientTape() as tape:
        tape.watch(layer.moving_mean)
        y = layer(X)
    assert tape.gradient(y, layer.moving_mean) is None


def test_training_learns_and_goes_on_bit_for_bit(tmp_path: Path) -> None:
    def network() -> Sequential:
        set_seed(3)
        model = Sequential(
            [
                Input(shape=(5, 6, 8)),
                layers.Conv2D(4, 3, use_bias=False),
                layers.BatchNormalization(momentum=0.8),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    generator = np.random.default_rng(0)
    x, y = generator.random((40, 5, 6, 8), np.float32), generator.integers(0, 3, 40)
    through = network()
    losses = through.fit(x, y, batch_size=16, epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    stopped = network()
    stopped.fit(x, y, batch_size=16, epochs=2, verbose=0)
    stopped.save(tmp_path / "net.npz")
    resumed = pyconv.load_model(tmp_path / "net.npz")
    resumed.fit(x, y, batch_size=16, epochs=4, initial_epoch=2, verbose=0)
    for one, other in zip(resumed.get_weights(), through.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


LAYERS: dict[str, Callable[[], Any]] = {
    "batch": lambda: layers.BatchNormalization(
        axis=1, momentum=0.5, epsilon=0.1, gamma_regularizer="l2", beta_constraint="non_neg"
    ),
    "layer": lambda: layers.LayerNormalization(axis=[1, -1], gamma_initializer="random_normal"),
    "layer without scale": lambda: layers.LayerNormalization(epsilon=0.1, scale=False),
    "group": lambda: layers.GroupNormalization(groups=2, beta_regularizer="l1"),
    "instance": lambda: layers.GroupNormalization(groups=-1, center=False),
    "response": lambda: layers.LocalResponseNormalization(3, alpha=0.1),
    "normalization": lambda: layers.Normalization(axis=None, mean=1.5, variance=4.0),
    "inverted normalization": lambda: layers.Normalization(-1, [0.5], [2.0], invert=True),
    "learned normalization": lambda: layers.Normalization(),
    "rescaling": lambda: layers.Rescaling(1 / 127.5, -1),
    "batch without scale": lambda: layers.BatchNormalization(scale=False, center=False),
}


@pytest.mark.parametrize("name", LAYERS)
def test_an_equal_layer_comes_from_its_configuration(name: str) -> None:
    layer = LAYERS[name]()
    twin = deserialize_layer(serialize_layer(layer))
    assert twin.get_config() == layer.get_config()
    layer(X)
    twin(X)
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(X, training=True), layer(X, training=True))
    assert layer(Input(shape=X.shape[1:])).shape == (None, *X.shape[1:])


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_equal_differences(name: str) -> None:
    layer = LAYERS[name]()
    layer = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
    x = X[:2, :3, :2].astype(np.float64)
    layer(x)
    dy = np.random.default_rng(1).normal(size=x.shape)
    for training in (False, True) if "batch" in name else (None,):
        gradient_check(
            lambda x, training=training: layer(x, training=training) * dy,
            [x],
            variables=layer.trainable_weights,
        )


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.BatchNormalization(axis=1.5), TypeError, "axis=1.5; must be an int"),
        (lambda: layers.BatchNormalization(epsilon=-1), ValueError, "epsilon=-1; must be >= 0"),
        (lambda: layers.BatchNormalization(epsilon="a"), TypeError, "epsilon='a'; must be a num"),
        (lambda: layers.BatchNormalization(momentum=2), ValueError, "momentum=2; must be within"),
        (lambda: layers.BatchNormalization(scale=1), TypeError, "scale=1; must be True or False"),
        (lambda: layers.LayerNormalization(axis="a"), TypeError, "axis='a'; must be an int"),
        (lambda: layers.LayerNormalization(axis=[2, 1])(X), ValueError, "in ascending order"),
        (lambda: layers.GroupNormalization()(X), ValueError, "groups=32; must divide the 8"),
        (lambda: layers.GroupNormalization(0), ValueError, "groups=0; must be >= 1"),
        (lambda: layers.LocalResponseNormalization(k=0), ValueError, "k=0.0; must be > 0"),
        (lambda: layers.LocalResponseNormalization()(X[0]), ValueError, "must have 4 axes"),
        (lambda: layers.Normalization(mean=1.0), ValueError, "must be given together"),
        (lambda: layers.Normalization(-1, 0.0, -1.0), ValueError, "must be >= 0"),
        (
            lambda: layers.Normalization(-1, [1.0, 2.0], [1.0, 2.0])(X),
            ValueError,
            r"must be \(8,\)",
        ),
        (lambda: layers.Normalization(5)(X), ValueError, "has no axis 5"),
        (lambda: layers.Normalization(-1, 1, 1).adapt(X), ValueError, "adapt needs a layer"),
        (lambda: layers.Normalization().adapt(X[:0]), ValueError, "must hold samples"),
        (lambda: layers.Rescaling("1"), TypeError, "scale='1'; must be numbers"),
        (lambda: layers.Rescaling([1, 2])(X), ValueError, "must be the last size"),
        (lambda: layers.Rescaling(1, float("nan")), ValueError, "offset=nan; must be finite"),
        (
            lambda: layers.BatchNormalization.from_config({"renorm": True}),
            ValueError,
            "renorm=True; must be False",
        ),
        (lambda: layers.BatchNormalization(axis=4)(X), ValueError, "has no axis 4"),
        (
            lambda: layers.BatchNormalization()(Input(shape=(3, None))),
            ValueError,
            "axis -1 must be known",
        ),
        (
            lambda: layers.BatchNormalization()(np.zeros((0, 3), np.float32), training=True),
            ValueError,
            r"x.shape=\(0, 3\); training needs an element per channel",
        ),
    ],
)
def test_refuses(make: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def test_normalization_learns_mean_and_variance(tmp_path: Path) -> None:
    layer = layers.Normalization()
    for data in (X * 3, X):  # the second takes the place of the first
        layer.adapt(data)
    y = layer(X).numpy()
    np.testing.assert_allclose(y.mean((0, 1, 2)), np.zeros(8), **printed("float32"))
    np.testing.assert_allclose(y.var((0, 1, 2)), np.ones(8), rtol=KERAS)
    assert layer.trainable_weights == []
    model = Sequential([Input(shape=X.shape[1:]), layer, layers.Flatten(), layers.Dense(2)])
    model.save(tmp_path / "net.npz")
    again = pyconv.load_model(tmp_path / "net.npz")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_inverted_normalization_undoes_it() -> None:
    options: dict[str, Any] = {"axis": -1, "mean": np.arange(8), "variance": np.arange(1, 9)}
    y = layers.Normalization(**options)(X)
    back = layers.Normalization(**options, invert=True)(y)
    np.testing.assert_allclose(back, X, rtol=KERAS, atol=KERAS)


def test_rescaling_takes_bytes() -> None:
    y = layers.Rescaling([1 / 255, 2], [0, 1])(np.array([[0, 1], [255, 3]], np.uint8))
    assert y.dtype == "float32"
    np.testing.assert_allclose(y, [[0, 3], [1, 7]], **printed("float32"))


@pytest.mark.parametrize("kind", ["uint8", "bool", "int64", "float32", "float64", ">f4"])
@pytest.mark.parametrize("shape", [(0, 4, 3), (4,), (5, 3), (3, 70, 90, 3), (2, 40_000)])
def test_rescaling_in_blocks_is_a_product_and_a_sum_to_the_bit(
    kind: str, shape: tuple[int, ...]
) -> None:
    x = np.random.default_rng(0).integers(-128, 128, shape).astype(kind)
    floats = x if x.dtype.kind == "f" else x.astype("float32")
    scale, offset = (np.asarray(one, floats.dtype) for one in (1 / 127.5, -1))
    for given in (x, x[..., ::-1], x.T):  # one in order, two of other strides
        wanted = given.astype(floats.dtype) * scale + offset
        y = layers.Rescaling(1 / 127.5, -1)(pyconv.Tensor(given))
        assert y.dtype == floats.dtype.newbyteorder("=")
        np.testing.assert_array_equal(y, wanted)


def test_rescaling_passes_the_gradient_by_its_scale() -> None:
    x = pyconv.Tensor(np.ones((300, 70, 2), "float32"))
    with pyconv.GradientTape() as tape:
        tape.watch(x)
        y = layers.Rescaling([2, 3], [5, 7])(x).sum()
    wanted = np.broadcast_to(np.float32([2, 3]), x.shape)
    np.testing.assert_array_equal(tape.gradient(y, x), wanted)


@pytest.mark.parametrize(
    "make",
    [
        layers.BatchNormalization,
        lambda: layers.BatchNormalization(scale=False, center=False),
        layers.LayerNormalization,
        lambda: layers.LayerNormalization([2, 3], scale=False),
        lambda: layers.GroupNormalization(2),
        lambda: layers.GroupNormalization(-1, center=False),
    ],
)
@pytest.mark.parametrize("symbolic", [False, True], ids=["arrays", "symbolic"])
def test_refuses_other_channels_than_it_was_built_for(
    make: Callable[[], Any], symbolic: bool
) -> None:
    layer = make()
    layer(X)
    x = X[..., :6]
    message = rf"{layer.name}: input shape \(\w+, 5, 6, 6\); expected 8 along axis (-1|3)"
    with pytest.raises(ValueError, match=message):
        layer(Input(x.shape[1:]) if symbolic else x)


def test_without_weights_any_channels_are_normalised_that_the_groups_divide() -> None:
    free: dict[str, Any] = {"scale": False, "center": False}
    for layer in (layers.LayerNormalization(**free), layers.GroupNormalization(2, **free)):
        layer(X)
        assert layer(X[..., :6]).shape == (4, 5, 6, 6)
    with pytest.raises(ValueError, match=f"{layer.name}: groups=2; must divide the 7 channels"):
        layer(X[..., :7])


@pytest.mark.parametrize("make", [layers.LayerNormalization, lambda: layers.GroupNormalization(1)])
def test_refuses_an_input_without_the_axis(make: Callable[[], Any]) -> None:
    layer = make()
    layer.axis = 3
    with pytest.raises(ValueError, match=rf"{layer.name}: input shape \(4, 5\) has no axis 3"):
        layer(X[..., 0, 0])

# SPDX-License-Identifier: BSD-3-Clause
"""Arguments as Keras's programs spell them: capitals, old names, NumPy's numbers, their order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS

from pyconv import initializers, layers, losses, metrics, models

X = np.random.default_rng(0).normal(size=(2, 7, 8, 4)).astype(np.float32)


@pytest.mark.parametrize(
    "make",
    [
        lambda padding: layers.Conv2D(3, 3, padding=padding),
        lambda padding: layers.Conv2DTranspose(3, 3, 2, padding=padding),
        lambda padding: layers.DepthwiseConv2D(3, padding=padding),
        lambda padding: layers.SeparableConv2D(3, 3, padding=padding),
        lambda padding: layers.MaxPooling2D(3, 2, padding=padding),
        lambda padding: layers.AveragePooling2D(3, 2, padding=padding),
    ],
)
@pytest.mark.parametrize("spelling", ["SAME", "Valid"])
def test_padding_is_spelt_in_any_letters(make: Any, spelling: str) -> None:
    layer, small = make(spelling), make(spelling.lower())
    assert layer.padding == spelling.lower()
    assert layer(X).shape == small(X).shape
    assert layer.get_config()["padding"] == spelling.lower()


@pytest.mark.parametrize(
    ("old", "name"),
    [
        ("normal", "RandomNormal"),
        ("uniform", "RandomUniform"),
        ("zero", "Zeros"),
        ("one", "Ones"),
    ],
)
def test_initializers_have_their_old_names(old: str, name: str) -> None:
    assert type(initializers.get(old)).__name__ == name
    dense = layers.Dense(3, kernel_initializer=old)
    assert dense.get_config()["kernel_initializer"]["class_name"] == name


def test_initializers_are_made_by_their_small_names() -> None:
    assert initializers.he_normal is initializers.HeNormal
    assert (initializers.zeros()((2,)) == 0).all()
    assert initializers.truncated_normal(0.0, 0.1).get_config()["stddev"] == 0.1


def test_convolutions_have_their_long_names() -> None:
    assert layers.Convolution2D is layers.Conv2D
    assert layers.Convolution2DTranspose is layers.Conv2DTranspose
    assert layers.SeparableConvolution2D is layers.SeparableConv2D


def test_models_are_loaded_with_safe_mode_or_without(tmp_path: Path) -> None:
    model = models.Sequential([layers.Input((3,)), layers.Dense(2)])
    model.save(tmp_path / "m.npz")
    for safe in (True, False):
        again = models.load_model(tmp_path / "m.npz", safe_mode=safe)
        assert again.count_params() == 8


def test_numpy_integers_are_axes() -> None:
    one, two = np.int64(1), np.int64(2)
    assert layers.Permute((two, one, np.int64(3)))(X).shape == (2, 8, 7, 4)
    assert layers.Concatenate(axis=one)([X, X]).shape == (2, 14, 8, 4)
    assert type(layers.Concatenate(axis=one).get_config()["axis"]) is int


def test_slopes_are_regularised_and_constrained_in_the_order_of_keras() -> None:
    layer = layers.PReLU("ones", "l2", "non_neg", [1, 2])
    model = models.Sequential([layers.Input((7, 8, 4)), layer])
    assert layer.alpha.shape == (1, 1, 4)
    assert float(layer.losses[0]) == pytest.approx(0.04)
    layer.alpha.assign(np.ones((1, 1, 4), np.float32))
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 1e4
    model.fit(X, X * 5, verbose=0)
    assert (layer.alpha.numpy() >= 0).all()
    again = layers.PReLU.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("wrong", [3, 1.5, ["x"], b"x"])
def test_names_are_strings(wrong: Any) -> None:
    makers = (layers.Dense, metrics.Accuracy, metrics.Precision, losses.MeanSquaredError)
    for maker in makers:
        given: dict[str, Any] = {"units": 2} if maker is layers.Dense else {}
        with pytest.raises(TypeError, match=r"name=.*; must be a string"):
            maker(name=wrong, **given)


def test_metrics_are_found_by_name_alone() -> None:
    for name in ("accuracy", "mse", "AUC", "sparse_categorical_accuracy"):
        assert metrics.get(name).name == name


@pytest.mark.parametrize(
    "make",
    [
        lambda **own: layers.Dense(3, **own),
        lambda **own: layers.Conv2D(3, 3, **own),
        lambda **own: layers.Conv2DTranspose(3, 3, **own),
    ],
)
def test_weights_without_an_initializer_start_as_glorot_uniform(make: Any) -> None:
    layer = make(kernel_initializer=None, bias_initializer=None)
    layer(X)
    assert (layer.kernel.numpy() != 0).all()
    assert (layer.bias.numpy() != 0).all()
    assert (np.abs(layer.bias.numpy()) <= 1).all()  # sqrt(6 / (3 + 3)) is the limit
    config = layer.get_config()
    assert config["kernel_initializer"] is None
    assert config["bias_initializer"] is None
    assert type(layer).from_config(config).get_config() == config


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (layers.Conv2D, {"filters": 2, "kernel_size": [3, 2], "strides": [2, 1]}),
        (layers.Conv2D, {"filters": 2, "kernel_size": [3, 2], "dilation_rate": [1, 2]}),
        (layers.DepthwiseConv2D, {"kernel_size": [3, 2]}),
        (layers.Conv2DTranspose, {"filters": 2, "kernel_size": [3, 2], "strides": [2, 1]}),
        (layers.MaxPooling2D, {"pool_size": [3, 2], "strides": [2, 1]}),
        (layers.AveragePooling2D, {"pool_size": [3, 2]}),
        (layers.UpSampling2D, {"size": [3, 2]}),
    ],
)
def test_pairs_are_arrays_or_lists(kind: Any, given: dict[str, Any]) -> None:
    arrays = {key: np.array(v) if isinstance(v, list) else v for key, v in given.items()}
    first, second = kind(**given, name="a"), kind(**arrays, name="a")
    assert first(X).shape == second(X).shape
    assert str(first.get_config()) == str(second.get_config())


@pytest.mark.parametrize("wrong", [np.array([3.0, 3.0]), np.array([3]), np.array([[3, 3]])])
def test_other_arrays_are_no_pairs(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"Conv2D: kernel_size.*; must be an int"):
        layers.Conv2D(2, wrong)


def test_data_formats_are_spelt_in_any_letters() -> None:
    for kind in (layers.MaxPooling2D, layers.GlobalAveragePooling2D, layers.Flatten):
        layer = kind(data_format="Channels_First")
        assert layer.get_config()["data_format"] == "channels_first"
        assert layer(X).shape == kind(data_format="channels_first")(X).shape
    assert layers.Conv2D(2, 3, data_format="CHANNELS_LAST")(X).shape == (2, 5, 6, 2)
    with pytest.raises(ValueError, match="data_format='NHWC'; must be 'channels_last' or"):
        layers.Conv2D(2, 3, data_format="NHWC")


@pytest.mark.parametrize("kind", [layers.Resizing, layers.CenterCrop, layers.RandomCrop])
def test_layers_of_images_have_the_sizes_they_were_given(kind: Any) -> None:
    layer = kind(5, 6)
    assert (layer.height, layer.width) == (5, 6)


def test_rescaling_has_the_numbers_it_was_given() -> None:
    layer = layers.Rescaling(1 / 127.5, offset=-1)
    assert (layer.scale, layer.offset) == (1 / 127.5, -1)
    assert layers.Rescaling([1, 2]).scale == [1, 2]


@pytest.mark.parametrize("axis", [(1, 2), [-1, 1], (3,), (0, 1, 2, 3)])
def test_softmax_is_over_several_axes_together(axis: Any) -> None:
    layer = layers.Softmax(axis)
    expected = np.exp(X.astype(np.float64))
    expected /= expected.sum(tuple(axis), keepdims=True)
    np.testing.assert_allclose(layer(X), expected, rtol=KERAS)
    assert layer(layers.Input((7, 8, 4))).shape == (None, 7, 8, 4)
    assert tuple(layer.get_config()["axis"]) == tuple(axis)
    assert layers.Softmax.from_config(layer.get_config()).axis == layer.axis


def test_softmax_refuses_axes_that_are_none_or_one_twice() -> None:
    with pytest.raises(ValueError, match=r"Softmax: axis=\(\); must have at least one axis"):
        layers.Softmax(())
    with pytest.raises(ValueError, match=r"axis=\(1, -3\); must differ"):
        layers.Softmax((1, -3))(X)
    with pytest.raises(ValueError, match="has no axis 4"):
        layers.Softmax((1, 4))(X)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_softmax_over_two_axes_is_that_of_keras(keras: Any) -> None:
    theirs = keras.ops.convert_to_numpy(keras.layers.Softmax((1, 2))(X))
    np.testing.assert_allclose(layers.Softmax((1, 2))(X), theirs, rtol=KERAS)


@pytest.mark.parametrize(
    ("given", "sides"),
    [
        (np.int64(2), ((2, 2), (2, 2))),
        (np.array([1, 2]), ((1, 1), (2, 2))),
        (np.array([[1, 2], [0, 1]]), ((1, 2), (0, 1))),
        ([np.array([1, 2]), 1], ((1, 2), (1, 1))),
        ((1, (0, 2)), ((1, 1), (0, 2))),
    ],
)
def test_sides_are_numbers_pairs_and_arrays(given: Any, sides: Any) -> None:
    padded, cropped = layers.ZeroPadding2D(given), layers.Cropping2D(given)
    assert padded.padding == cropped.cropping == sides
    assert type(padded.padding[0][0]) is int
    np.testing.assert_array_equal(cropped(padded(X)), X)


def test_an_order_of_axes_is_an_array_too() -> None:
    assert layers.Permute(np.array([2, 1, 3]))(X).shape == (2, 8, 7, 4)
    with pytest.raises(TypeError, match=r"Permute: dims=True; must be an int"):
        layers.Permute((2, True))


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (layers.BatchNormalization, ("gamma", "beta", "moving_mean", "moving_variance")),
        (layers.LayerNormalization, ("gamma", "beta")),
        (layers.PReLU, ("alpha",)),
    ],
)
def test_no_initializer_is_glorot_uniform_for_every_weight(
    make: Any, names: tuple[str, ...]
) -> None:
    layer = make(**{f"{name}_initializer": None for name in names})
    layer(X)
    for name in names:
        values = getattr(layer, name).numpy()
        assert len(np.unique(values)) == values.size
        assert np.abs(values).max() <= np.sqrt(3)  # of a fan of 1
        assert layer.get_config()[f"{name}_initializer"] is None

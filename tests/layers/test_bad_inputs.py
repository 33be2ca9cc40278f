# SPDX-License-Identifier: BSD-3-Clause
"""Inputs of other kinds or shapes than layers take are refused by the layer's name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv import Sequential, Tensor, layers

X = np.ones((2, 8, 8, 3), np.float32)


@pytest.mark.parametrize("make", [lambda: layers.Conv2D(2, 3), layers.ReLU, layers.Flatten])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (None, r"has dtype object \(NoneType\); must be numbers"),
        ("abc", r"has dtype <U3 \(str\); must be numbers"),
        ([[1], [1, 2]], "is a list, but no array: .*inhomogeneous"),
        (np.ones(3, complex), "has dtype complex128; must be numbers"),
        (np.ma.masked_array(X, mask=True), "is a masked array"),
    ],
    ids=["None", "text", "ragged", "complex", "masked"],
)
def test_inputs_that_are_no_numbers_are_refused_by_the_layer_s_name(
    make: Any, x: Any, message: str
) -> None:
    layer = make()
    for called in (layer, Sequential([layer])):
        with pytest.raises((TypeError, ValueError), match=rf"{called.name}: input {message}"):
            called(x)
    with pytest.raises((TypeError, ValueError), match=f"Tensor: value {message}"):
        Tensor(x)


@pytest.mark.parametrize("layer", [layers.Flatten(), layers.Reshape((1,))])
def test_a_number_has_no_samples(layer: Any) -> None:
    with pytest.raises(ValueError, match=rf"{layer.name}: input shape \(\); must have a batch"):
        layer(1.0)


@pytest.mark.parametrize("layer", [layers.Dropout(0.5), layers.GaussianNoise(0.5)])
def test_noise_falls_on_one_tensor(layer: Any) -> None:
    for inputs in ([X, X], {"a": X}):
        with pytest.raises(ValueError, match=f"{layer.name}: inputs is a .*; must be one tensor"):
            layer(inputs, training=True)
    assert layer([X], training=True).shape == X.shape


def test_no_features_give_the_bias_whatever_the_rank() -> None:
    for shape in ((2, 0), (2, 3, 0)):
        layer = layers.Dense(4, bias_initializer="ones")
        found = layer(np.ones(shape, np.float32)).numpy()
        np.testing.assert_array_equal(found, np.ones((*shape[:-1], 4)))


@pytest.mark.parametrize("noise_shape", [("a", 1), [-1], 3])
def test_a_dropout_s_noise_shape_is_checked_before_it_trains(noise_shape: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"Dropout: noise_shape=.*; (sizes )?must be"):
        layers.Dropout(0.5, noise_shape=noise_shape)


def test_a_layer_normalisation_names_its_axes() -> None:
    for axis in ([], [2, 1]):
        layer = layers.LayerNormalization(axis)
        with pytest.raises(ValueError, match=rf"{layer.name}: axis=.* in ascending order"):
            layer(X)

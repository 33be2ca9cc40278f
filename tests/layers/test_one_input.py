# SPDX-License-Identifier: BSD-3-Clause
"""Layers of one input, called on lists, tuples and dictionaries of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pyconv import Input, Model, Sequential, Tensor, layers

X = np.random.default_rng(3).random((2, 4, 4, 3), np.float32)
ROWS = X[:, 0, 0]
OF_ONE = [
    layers.AveragePooling2D,
    layers.BatchNormalization,
    lambda: layers.CenterCrop(2, 2),
    lambda: layers.Conv2D(2, 3),
    lambda: layers.Conv2DTranspose(2, 3),
    layers.Cropping2D,
    lambda: layers.Dense(2),
    lambda: layers.DepthwiseConv2D(3),
    layers.Flatten,
    layers.GlobalAveragePooling2D,
    lambda: layers.GroupNormalization(3),
    layers.LayerNormalization,
    layers.LocalResponseNormalization,
    layers.MaxPooling2D,
    layers.PReLU,
    lambda: layers.Permute((2, 1, 3)),
    layers.RandomFlip,
    lambda: layers.Rescaling(2.0),
    lambda: layers.Reshape((-1,)),
    lambda: layers.Resizing(2, 2),
    lambda: layers.SeparableConv2D(2, 3),
    lambda: Sequential([layers.Conv2D(2, 3)]),
    layers.UpSampling2D,
    layers.ZeroPadding2D,
]


@pytest.mark.parametrize("make", OF_ONE)
@pytest.mark.parametrize("symbolic", [False, True], ids=["arrays", "symbolic"])
def test_several_tensors_are_refused_by_the_layer_s_name(make: Any, symbolic: bool) -> None:
    layer = make()
    x: Any = Input(X.shape[1:]) if symbolic else Tensor(X)
    for inputs, said in (
        ([x, x], "a list of 2"),
        ((x, x, x), "a tuple of 3"),
        ({"left": x}, r"a dict of 1 by the keys \['left'\]"),
        ([[x]], "a list of 1"),
    ):
        message = rf"{layer.name}: inputs is {said}; must be one tensor, or a list of one"
        with pytest.raises(ValueError, match=message):
            layer(inputs)
    assert not layer.built
    assert layer.inbound_nodes == []


@pytest.mark.parametrize("make", OF_ONE)
def test_a_list_of_one_tensor_is_that_tensor(make: Any) -> None:
    layer = make()
    expected = layer(X, training=False).numpy()
    for inputs in ([X], (Tensor(X),)):
        np.testing.assert_array_equal(layer(inputs, training=False).numpy(), expected)
    x = Input(X.shape[1:])
    model = Model(x, layer([x]))
    np.testing.assert_array_equal(model.predict(X, verbose=0), expected)


def test_nested_lists_of_numbers_are_an_array() -> None:
    layer = layers.Dense(2)
    np.testing.assert_array_equal(layer(ROWS.tolist()).numpy(), layer(ROWS).numpy())
    np.testing.assert_array_equal(layer(ROWS[:1].tolist()).numpy(), layer(ROWS[:1]).numpy())


@pytest.mark.parametrize("make", [layers.ReLU, layers.LeakyReLU, layers.ELU, layers.Softmax])
def test_functions_of_elements_join_lists_as_in_keras_and_name_themselves(make: Any) -> None:
    layer = make()
    np.testing.assert_array_equal(layer([X, X]).numpy(), layer(np.stack([X, X])).numpy())
    with pytest.raises(ValueError, match=rf"{layer.name}: inputs is a dict of 1 by the keys"):
        layer({"a": X})


def test_structures_pass_through_dropout_as_in_keras() -> None:
    found = layers.Dropout(0.5)({"a": X, "b": ROWS})
    np.testing.assert_array_equal(found["b"].numpy(), ROWS)


def test_a_layer_of_the_user_s_takes_what_its_call_takes() -> None:
    class Both(layers.Dense):
        def build(self, input_shape: Any) -> None:
            super().build(input_shape[0])

        def check_input(self, shape: Any) -> None:
            super().check_input(shape[0])

        def call(self, inputs: Any) -> Any:
            return super().call(inputs[0]) + super().call(inputs[1])

    class Renamed(layers.Dense):
        pass

    class Summed(layers.BatchNormalization):
        def call(self, inputs: Any, training: bool = False) -> Any:
            return super().call(inputs[0] + inputs[1], training)

    layer = Both(2)
    np.testing.assert_array_equal(layer([ROWS, ROWS]).numpy(), layer((ROWS, ROWS)).numpy())
    with pytest.raises(ValueError, match=r"renamed: inputs is a list of 2; must be one tensor"):
        Renamed(2, name="renamed")([ROWS, ROWS])
    message = "summed: inputs is a {} of 2.*to take several, Summed must define build, check_input"
    for inputs in ([ROWS, ROWS], (Input((3,)), Input((3,))), {"a": ROWS, "b": ROWS}):
        with pytest.raises(ValueError, match=message.format(type(inputs).__name__)):
            Summed(name="summed")(inputs)

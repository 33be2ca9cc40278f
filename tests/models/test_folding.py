# SPDX-License-Identifier: BSD-3-Clause
"""Folding: predict and evaluate give what layer after layer gives, whatever changes meanwhile."""

import copy

import numpy as np
import pytest
import tolerances
from arrays import normal

from pyconv import Input, Model, Sequential
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    DepthwiseConv2D,
    Flatten,
    Layer,
    ReLU,
)
from pyconv.models.folding import Folded, inference

SHAPE = (8, 7, 3)


def settled(model, seed=0):
    """Give a model weights under which no normalisation is the identity."""
    for number, variable in enumerate(model.weights):
        noise = normal(variable.shape, "float32", seed, number)
        variable.assign(np.abs(noise) + 0.5 if "variance" in variable.name else noise)
    return model


def assert_follows(model, n=3, shape=SHAPE):
    x = normal((n, *shape), "float32", n)
    expected = model(x, training=False).numpy()
    got = model.predict(x, verbose=0)
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerances.FOLDED * abs(expected).max())


def folded_count(model):
    with inference():
        model(normal((1, *SHAPE), "float32", 0), training=False)
    steps = model._folded._steps if isinstance(model, Sequential) else model.graph._folded
    return sum(
        isinstance(getattr(step, "layer", step), Folded) or isinstance(step, Folded)
        for step in steps
    )


def chain(*layers, shape=SHAPE):
    return settled(Sequential([Input(shape=shape), *layers]))


@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"epsilon": 0.1}])
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_normalisation_becomes_part_of_the_convolution(options, use_bias):
    model = chain(
        Conv2D(5, 3, use_bias=use_bias),
        BatchNormalization(**options),
        Activation("relu"),
        DepthwiseConv2D(3, depth_multiplier=2, use_bias=use_bias),
        BatchNormalization(**options),
        ReLU(6.0),
        Conv2D(4, 1, activation="relu"),
        BatchNormalization(),
    )
    assert folded_count(model) == 2
    assert_follows(model)


def test_channels_first_folds_along_its_own_axis():
    options = {"data_format": "channels_first"}
    model = chain(Conv2D(5, 3, **options), BatchNormalization(axis=1), shape=(3, 8, 7))
    assert_follows(model, shape=(3, 8, 7))
    model = chain(Conv2D(5, 3, **options), BatchNormalization(axis=-1), shape=(3, 8, 7))
    assert_follows(model, shape=(3, 8, 7))


def residual():
    x = Input(shape=SHAPE)
    y = Conv2D(3, 3, padding="same")(x)
    y = BatchNormalization()(y)
    y = Activation("relu")(y)
    z = Conv2D(3, 3, padding="same")(y)
    z = BatchNormalization()(z)
    return settled(Model(x, Activation("relu")(Add()([z, y]))))


def test_a_graph_folds_what_has_one_follower():
    model = residual()
    assert folded_count(model) == 2
    assert_follows(model)


def test_what_is_needed_in_between_stays():
    x = Input(shape=SHAPE)
    y = Conv2D(3, 3)(x)
    z = BatchNormalization()(y)
    model = settled(Model(x, [y, z]))
    assert folded_count(model) == 0
    pictures = normal((2, *SHAPE), "float32", 0)
    for got, expected in zip(model.predict(pictures, verbose=0), model(pictures), strict=True):
        np.testing.assert_array_equal(got, expected.numpy())


def test_a_normalisation_in_training_mode_stays():
    x = Input(shape=SHAPE)
    model = settled(Model(x, BatchNormalization()(Conv2D(3, 3)(x), training=True)))
    assert folded_count(model) == 0


def test_an_unusual_activation_is_not_joined():
    for layer in (ReLU(3.0), ReLU(negative_slope=0.1), ReLU(threshold=0.5), Activation("sigmoid")):
        assert_follows(chain(Conv2D(4, 3), BatchNormalization(), layer))


def test_new_weights_and_new_statistics_count_at_once():
    model = residual()
    for seed in range(3):
        settled(model, seed)
        assert_follows(model)
    model.compile("sgd", "mean_squared_error")
    for seed in range(3):
        model.train_on_batch(
            normal((4, *SHAPE), "float32", seed), normal((4, *SHAPE), "float32", seed, "y")
        )
        assert_follows(model)


def test_a_changed_layer_counts_at_once():
    model = chain(Conv2D(5, 3), BatchNormalization(), Activation("relu"))
    assert_follows(model)
    model.layers[2].activation = Activation("tanh").activation
    assert_follows(model)
    model.layers[1].epsilon = 0.5
    assert_follows(model)
    model.add(Flatten())
    assert_follows(model)
    model.pop()
    model.pop()
    assert_follows(model)


def test_a_layer_used_twice_is_folded_for_each_use():
    x, shared = Input(shape=SHAPE), Conv2D(3, 3, padding="same")
    y = BatchNormalization()(shared(x))
    model = settled(Model(x, BatchNormalization()(shared(y))))
    assert folded_count(model) == 2
    assert_follows(model)


def test_models_inside_models_fold_too():
    inner = chain(Conv2D(3, 3, padding="same"), BatchNormalization())
    x = Input(shape=SHAPE)
    model = Model(x, Add()([inner(x), x]))
    assert_follows(model)


def test_a_copy_folds_its_own_weights():
    for model in (residual(), chain(Conv2D(5, 3), BatchNormalization())):
        assert_follows(model)
        twin = copy.deepcopy(model)
        settled(twin, seed=5)
        assert_follows(twin)
        assert_follows(model)


def test_evaluate_measures_the_folded_model():
    model = residual()
    model.compile("sgd", "mean_squared_error")
    x, y = normal((5, *SHAPE), "float32", 0), normal((5, *SHAPE), "float32", 1)
    loss = float(np.mean((model(x, training=False).numpy() - y) ** 2))
    assert model.evaluate(x, y, verbose=0) == pytest.approx(loss, rel=tolerances.FOLDED)


class Doubling(Layer):
    def call(self, x):
        return x * 2


def test_layers_of_the_user_are_left_alone():
    model = chain(Conv2D(3, 3), BatchNormalization(), Doubling(), Conv2D(2, 3))
    assert folded_count(model) == 1
    assert_follows(model)

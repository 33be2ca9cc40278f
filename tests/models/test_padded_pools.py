# SPDX-License-Identifier: BSD-3-Clause
"""Poolings that take zeros for their padding have the bits of the layers run one by one."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits

from pyconv import GradientTape, Input, Model, Sequential, autograd, initializers
from pyconv.layers import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Layer,
    MaxPooling2D,
    ReLU,
    ZeroPadding2D,
)
from pyconv.layers.running import observing
from pyconv.models.folding import inference
from pyconv.models.padding import Padded

SHAPE = (9, 7, 6)


def functional(layers: list[Any]) -> Model:
    inputs = x = Input(shape=SHAPE)
    for layer in layers:
        x = layer(x)
    return Model(inputs, x)


def sequential(layers: list[Any]) -> Sequential:
    return Sequential([Input(shape=SHAPE), *layers])


def taken(model: Any, *, folds: bool = False) -> int:
    x = normal((2, *SHAPE), "float32", 0)
    if folds:
        with inference():
            model(x)
    else:
        model(x, training=True)
    way = "_folded" if folds else "_joined"
    if isinstance(model, Sequential):
        steps = getattr(model, way)._made[1]
    else:
        steps = [step.layer for step in getattr(model.graph, way)[0]]
    return sum(isinstance(step, Padded) for step in steps)


def step(model: Any, x: Any) -> list[Any]:
    x = autograd.Tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=True)
        loss = autograd.sum(y * normal(y.shape, "float32", "dy"))
    gradients = tape.gradient(loss, [x, *model.trainable_weights])
    return [y.numpy(), *[g.numpy() for g in gradients]]


def assert_same_as_one_by_one(model: Any, shape: tuple[int, ...] = (3, *SHAPE)) -> None:
    x = normal(shape, "float32", "x")
    twin = copy.deepcopy(model)
    padded = step(model, x)
    with observing(lambda layer, inputs, run: run()):
        expected = step(twin, x)
    assert_same_bits(padded, expected)


@pytest.mark.parametrize("made", [functional, sequential])
@pytest.mark.parametrize(
    "relu",
    [
        lambda: [ReLU()],
        lambda: [ReLU(6.0)],
        lambda: [Activation("relu")],
        lambda: [Conv2D(6, 1, activation="relu")],
        lambda: [BatchNormalization(), Activation("relu")],
    ],
)
def test_a_pooling_takes_zeros_around_what_a_relu_made(made: Any, relu: Any) -> None:
    model = made([Conv2D(6, 1), *relu(), ZeroPadding2D(1), MaxPooling2D(3, strides=2)])
    assert taken(model) == taken(model, folds=True) == 1
    assert_same_as_one_by_one(model)
    x = normal((2, *SHAPE), "float32", 5)
    with inference():
        found = model(x).numpy()
    np.testing.assert_allclose(found, model(x).numpy(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("made", [functional, sequential])
def test_both_a_convolution_and_the_pooling_after_it_take_zeros(made: Any) -> None:
    layers = [Conv2D(6, 1), ZeroPadding2D(1), Conv2D(4, 3, activation="relu")]
    model = made([*layers, ZeroPadding2D(1), MaxPooling2D(3)])
    assert taken(model) == 2
    assert taken(model, folds=True) == 1  # beside the folded convolution
    assert_same_as_one_by_one(model)


def test_windows_of_zeros_alone_send_no_gradient_back() -> None:
    model = functional([Conv2D(4, 1), ReLU(), ZeroPadding2D(1), MaxPooling2D(2)])
    model.set_weights([np.zeros((1, 1, 6, 4), np.float32), np.full(4, -1, np.float32)])
    assert taken(model) == 1
    assert_same_as_one_by_one(model)


@pytest.mark.parametrize("layer", [lambda: MaxPooling2D(2), lambda: Conv2D(4, 2)])
@pytest.mark.parametrize("shape", [(2, 0, 7, 6), (2, 9, 0, 6), (2, 0, 0, 6), (0, 9, 7, 6)])
def test_images_without_pixels_become_zeros(layer: Any, shape: tuple[int, ...]) -> None:
    inputs = Input(shape=(None, None, 6))
    model = Model(inputs, layer()(ZeroPadding2D(1)(ReLU()(inputs))))
    assert taken(model) == 1
    assert_same_as_one_by_one(model, shape)
    x = np.zeros(shape, np.float32)
    with inference():
        found = model(x).numpy()
    np.testing.assert_array_equal(found, np.zeros_like(model(x).numpy()))


def test_a_pooling_of_other_images_meets_the_zeros() -> None:
    layers = [Conv2D(4, 1, bias_initializer=initializers.Constant(-9)), ZeroPadding2D(1)]
    model = functional([*layers, MaxPooling2D(3)])
    assert taken(model) == taken(model, folds=True) == 0
    assert model(normal((2, *SHAPE), "float32", 0)).numpy().max() == 0


class Own(ZeroPadding2D):
    """A layer of the user."""


def overridden() -> Layer:
    layer = ZeroPadding2D(1)
    layer.call = lambda x: x  # type: ignore[method-assign]
    return layer


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Own(1), MaxPooling2D(3)],
        lambda: [overridden(), MaxPooling2D(3)],
        lambda: [ZeroPadding2D(1, data_format="channels_first"), MaxPooling2D(3)],
        lambda: [ZeroPadding2D(1), MaxPooling2D(3, padding="same")],
        lambda: [ZeroPadding2D(1, activity_regularizer="l2"), MaxPooling2D(3)],
        lambda: [ZeroPadding2D(2), MaxPooling2D(2)],
        lambda: [ZeroPadding2D(1), AveragePooling2D(3)],
    ],
)
def test_where_in_doubt_zeros_are_written_out(layers: Any) -> None:
    assert taken(functional([ReLU(), *layers()])) == 0
    assert taken(functional([ReLU(negative_slope=0.1), ZeroPadding2D(1), MaxPooling2D(2)])) == 0


def test_zeros_that_are_a_result_or_used_twice_are_written_out() -> None:
    inputs = Input(shape=SHAPE)
    zeros = ZeroPadding2D(1)(ReLU()(inputs))
    assert taken(Model(inputs, [zeros, MaxPooling2D(3)(zeros)])) == 0
    assert taken(Model(inputs, [MaxPooling2D(2)(zeros), MaxPooling2D(3)(zeros)])) == 0


@pytest.mark.parametrize(
    ("name", "value"), [("pool_size", 3), ("pool_size", [3, 2]), ("strides", 1), ("padding", 1)]
)
def test_a_pooling_may_be_changed_afterwards(name: str, value: Any) -> None:
    pooling = MaxPooling2D(2)
    model = functional([Conv2D(4, 1), ReLU(), ZeroPadding2D(1), pooling])
    assert taken(model) == 1
    setattr(pooling, name, value)
    assert_same_as_one_by_one(model)


@pytest.mark.parametrize("layer", [lambda: Conv2D(5, 3), lambda: MaxPooling2D(3)])
def test_zeros_may_become_more_or_fewer_afterwards(layer: Any) -> None:
    zeros = ZeroPadding2D(1)
    model = functional([Conv2D(4, 1), ReLU(), zeros, layer()])
    assert taken(model) == 1
    for sides in (((0, 0), (0, 0)), ((2, 1), (0, 2)), ((4, 0), (1, 5))):
        zeros.padding = sides
        assert_same_as_one_by_one(model)

# SPDX-License-Identifier: BSD-3-Clause
"""First convolutions that run with the pooling after them: results, gradients, and when not."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from arrays import normal
from compare import assert_same_bits
from tolerances import BETWEEN_DEVICES

from pyconv import GradientTape, Input, Model, Sequential, autograd, optimizers, set_conv_algorithm
from pyconv.autograd.conv2d_max_pool2d import PooledConv2D
from pyconv.layers import (
    AveragePooling2D,
    Conv2D,
    Dense,
    Flatten,
    MaxPooling2D,
)
from pyconv.layers.running import observing
from pyconv.models.pooling import Pooled

SHAPE = (12, 11, 2)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the calls of the one operation from here on."""
    made: list[Any] = []
    forward = PooledConv2D.forward

    def noted(self: Any, *arrays: Any) -> Any:
        made.append(self)
        return forward(self, *arrays)

    monkeypatch.setattr(PooledConv2D, "forward", noted)
    return made


def network(activation: Any = "relu", **base: Any) -> Sequential:
    return Sequential(
        [
            Input(shape=SHAPE, dtype=base.get("dtype")),
            Conv2D(6, 3, activation=activation, **base),
            MaxPooling2D(2, **base),
            Conv2D(5, 2, activation="relu", **base),
            MaxPooling2D(2, **base),
            Flatten(**base),
            Dense(3, **base),
        ]
    )


def step(model: Any, x: Any, *, watched: bool = False) -> tuple[Any, list[Any]]:
    """Return the result, and the gradients of x where it is watched, and of the weights."""
    x = autograd.Tensor(x)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([x, *model.trainable_weights] if watched else model.trainable_weights)
        y = model(x, training=True)
        loss = autograd.sum(y * normal(y.shape, model.dtype, "dy"))
    sources = [x, *model.trainable_weights] if watched else model.trainable_weights
    return y.numpy(), [g.numpy() for g in tape.gradient(loss, sources) if g is not None]


def one_by_one(model: Any, x: Any, **options: Any) -> tuple[Any, list[Any]]:
    with observing(lambda layer, inputs, run: run()):
        return step(copy.deepcopy(model), x, **options)


@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_first_convolution_runs_with_its_pooling(
    activation: Any, dtype: str, calls: list[Any]
) -> None:
    model, x = network(activation, dtype=dtype), normal((6, *SHAPE), dtype, "x")
    y, gradients = step(model, x)
    assert len(calls) == 1
    expected, others = one_by_one(model, x)
    assert len(calls) == 1
    assert_same_bits(y, expected)
    for found, other in zip(gradients, others, strict=True):
        np.testing.assert_allclose(found, other, **BETWEEN_DEVICES)


def test_where_the_gradient_of_the_images_is_wanted_the_layers_run_one_by_one(
    calls: list[Any],
) -> None:
    model, x = network(), normal((6, *SHAPE), "float32", "x")
    found, expected = step(model, x, watched=True), one_by_one(model, x, watched=True)
    assert not calls
    assert_same_bits(found[0], expected[0])
    assert_same_bits(found[1], expected[1])


def test_without_a_tape_no_offsets_are_kept(calls: list[Any]) -> None:
    model, x = network(), normal((6, *SHAPE), "float32", "x")
    y = model(x)
    assert len(calls) == 2, "the second convolution's images have no gradient either"
    assert not any(hasattr(function, "result") for function in calls)
    with observing(lambda layer, inputs, run: run()):
        assert_same_bits(y.numpy(), model(x).numpy())


def test_a_frozen_convolution_gets_no_gradient(calls: list[Any]) -> None:
    model, x = network(), normal((6, *SHAPE), "float32", "x")
    model.layers[0].trainable = False
    _, gradients = step(model, x)
    assert len(calls) == 2
    assert len(gradients) == len(model.trainable_weights) == 4
    for found, other in zip(gradients, one_by_one(model, x)[1], strict=True):
        np.testing.assert_allclose(found, other, **BETWEEN_DEVICES)


def test_training_learns_the_same_as_one_by_one() -> None:
    x, y = normal((64, *SHAPE), "float32", "x"), np.arange(64) % 3
    model = network()
    model.compile(optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    twin = copy.deepcopy(model)
    joined = [model.train_on_batch(x, y) for _ in range(5)]
    with observing(lambda layer, inputs, run: run()):
        others = [twin.train_on_batch(x, y) for _ in range(5)]
    np.testing.assert_allclose(joined, others, **BETWEEN_DEVICES)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Conv2D(4, 3, activation="gelu"), MaxPooling2D(2)],
        lambda: [Conv2D(4, 3, activation="tanh"), MaxPooling2D(2)],
        lambda: [Conv2D(4, 3), AveragePooling2D(2)],
        lambda: [Conv2D(4, 3, activity_regularizer="l2"), MaxPooling2D(2)],
        lambda: [Conv2D(4, 3), MaxPooling2D(2, activity_regularizer="l2")],
        lambda: [Conv2D(4, 3), MaxPooling2D(2, data_format="channels_first")],
    ],
)
def test_other_layers_run_one_by_one(layers: Any) -> None:
    model = Sequential([Input(shape=SHAPE), *layers()])
    model(normal((2, *SHAPE), "float32", "x"), training=True)
    assert not any(isinstance(layer, Pooled) for layer in model._joined._made[1])


def test_windows_that_overlap_and_other_algorithms_run_one_by_one(calls: list[Any]) -> None:
    x = normal((2, *SHAPE), "float32", "x")
    Sequential([Input(shape=SHAPE), Conv2D(4, 3), MaxPooling2D(3, 2)])(x, training=True)
    set_conv_algorithm("im2col")
    try:
        network()(x, training=True)
    finally:
        set_conv_algorithm("auto")
    assert not calls


def test_a_convolution_that_others_read_too_runs_as_it_is(calls: list[Any]) -> None:
    images = Input(shape=SHAPE)
    y = Conv2D(4, 3)(images)
    pooled, x = MaxPooling2D(2)(y), normal((2, *SHAPE), "float32", "x")
    Model(images, [pooled, y])(x, training=True)
    assert not calls
    Model(images, pooled)(x, training=True)
    assert len(calls) == 1


def test_an_activation_set_afterwards_holds(calls: list[Any]) -> None:
    model, x = network("linear"), normal((2, *SHAPE), "float32", "x")
    step(model, x)
    model.layers[0].activation = autograd.tanh
    y, _ = step(model, x)
    assert len(calls) == 1
    assert_same_bits(y, one_by_one(model, x)[0])

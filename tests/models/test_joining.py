# SPDX-License-Identifier: BSD-3-Clause
"""Joined normalisations, sums and ReLUs have the bits of the layers run one by one."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import pytest
from arrays import normal
from compare import assert_same_bits
from settling import settled as by_seed

from pyconv import GradientTape, Input, Model, Sequential, autograd
from pyconv.layers import (
    Activation,
    Add,
    BatchNormalization,
    Conv2D,
    Layer,
    MaxPooling2D,
    ReLU,
)
from pyconv.layers.running import observing
from pyconv.models.joining import NormBlock

SHAPE = (9, 7, 5)


settled = partial(by_seed, seed="weights")


def blocks(model: Any) -> int:
    model(normal((2, *SHAPE), model.dtype, 0), training=True)
    steps = model._joined._made[1] if isinstance(model, Sequential) else model.graph._joined[0]
    return sum(isinstance(getattr(step, "layer", step), NormBlock) for step in steps)


def step(model: Any, x: Any, training: bool) -> list[Any]:
    """Return the result, the gradients of x and of the weights, and the weights afterwards."""
    x = autograd.Tensor(x)
    with GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=training)
        loss = autograd.sum(y * normal(y.shape, model.dtype, "dy"))
    gradients = tape.gradient(loss, [x, *model.trainable_weights])
    found = [y.numpy(), *[g.numpy() for g in gradients if g is not None]]
    return [*found, *[v.numpy() for v in model.weights]]


def assert_same_as_one_by_one(model: Any, training: bool) -> None:
    x = normal((6, *SHAPE), model.dtype, "x")
    x[0, 0, 0, 0] = 0
    twin = copy.deepcopy(model)
    joined = step(model, x, training)
    with observing(lambda layer, inputs, run: run()):
        assert_same_bits(joined, step(twin, x, training))


def residual(activation: Layer, *, swapped: bool = False, axis: int = -1, **base: Any) -> Model:
    inputs = Input(shape=SHAPE, dtype=base.get("dtype"))
    x = Conv2D(5, 3, padding="same", **base)(inputs)
    x = activation.__class__.from_config(activation.get_config() | {"name": "first"})(
        BatchNormalization(axis, **base)(x)
    )
    y = BatchNormalization(axis, **base)(Conv2D(5, 3, padding="same", **base)(x))
    return settled(Model(inputs, activation(Add(**base)([y, x] if swapped else [x, y]))))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", [lambda **o: Activation("relu", **o), lambda **o: ReLU(6.0, **o)])
@pytest.mark.parametrize("options", [{}, {"swapped": True}, {"axis": 1}, {"dtype": "float64"}])
def test_a_residual_network_has_the_bits_of_its_layers(
    options: Any, kind: Any, training: bool
) -> None:
    dtype = {"dtype": options["dtype"]} if "dtype" in options else {}
    model = residual(kind(**dtype), **options)
    assert blocks(model) == 2
    assert_same_as_one_by_one(model, training)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("options", [{}, {"scale": False}, {"center": False}, {"trainable": False}])
def test_a_chain_has_the_bits_of_its_layers(options: Any, training: bool) -> None:
    layers = [Conv2D(20, 3), BatchNormalization(**options), ReLU(), Conv2D(3, 1)]
    layers += [BatchNormalization(**options), Activation("relu6"), MaxPooling2D(2)]
    model = settled(Sequential([Input(shape=SHAPE), *layers]))
    assert blocks(model) == 2
    assert_same_as_one_by_one(model, training)


def test_two_branches_that_both_end_in_a_normalisation_are_joined_once() -> None:
    inputs = Input(shape=SHAPE)
    a, b = (BatchNormalization()(Conv2D(4, 1)(inputs)) for _ in range(2))
    model = settled(Model(inputs, MaxPooling2D(2)(Activation("relu")(Add()([a, b])))))
    assert blocks(model) == 1
    assert_same_as_one_by_one(model, training=True)


def test_where_in_doubt_nothing_is_joined() -> None:
    def made(norm: Any, relu: Any, outputs: Any = lambda y, z: z) -> Any:
        inputs = Input(shape=SHAPE)
        y = norm(inputs)
        return Model(inputs, outputs(y, relu(y)))

    class Own(BatchNormalization):
        pass

    overridden = Activation("relu")
    overridden.call = lambda x: x  # type: ignore[method-assign]
    for model in (
        made(BatchNormalization(), Activation("tanh")),
        made(BatchNormalization(), ReLU(negative_slope=0.1)),
        made(BatchNormalization(), ReLU(threshold=1.0)),
        made(BatchNormalization(), Activation("relu", activity_regularizer="l2")),
        made(BatchNormalization(), overridden),
        made(Own(), Activation("relu")),
        made(BatchNormalization(), Activation("relu"), lambda y, z: [y, z]),
        made(BatchNormalization(), Activation("relu"), lambda y, z: Add()([y, z])),
    ):
        assert blocks(model) == 0


def test_a_layer_used_twice_is_joined_nowhere() -> None:
    inputs, norm, relu = Input(shape=SHAPE), BatchNormalization(), Activation("relu")
    x = Activation("relu")(norm(inputs))
    model = settled(Model(inputs, relu(BatchNormalization()(relu(norm(x))))))
    assert blocks(model) == 0
    assert_same_as_one_by_one(model, training=True)


def test_what_changes_afterwards_is_seen() -> None:
    model = residual(Activation("relu"))
    assert blocks(model) == 2
    activation = model.layers[-1]
    activation.activation = autograd.tanh
    assert blocks(model) == 1
    model.layers[2].trainable = False
    assert_same_as_one_by_one(model, training=True)


def test_a_residual_that_is_broadcast_is_added_as_before() -> None:
    inputs = Input(shape=SHAPE)
    small = Conv2D(5, (9, 7))(inputs)
    model = settled(
        Model(inputs, ReLU()(Add()([small, BatchNormalization()(Conv2D(5, 1)(inputs))])))
    )
    assert blocks(model) == 1
    assert_same_as_one_by_one(model, training=True)

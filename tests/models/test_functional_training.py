# SPDX-License-Identifier: BSD-3-Clause
"""Functional models in training: frozen parts, layers and models of the user's own."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits

import pyconv
from pyconv import GradientTape, Input, Model, Sequential, Tensor, layers


def numbers(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def residual_net() -> Model:
    image = Input(shape=(8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="stem")(image)
    y = layers.Conv2D(4, 3, padding="same", name="branch")(x)
    x = layers.Add(name="join")([x, y])
    x = layers.Flatten(name="flat")(x)
    return Model(image, layers.Dense(5, activation="softmax", name="head")(x), name="residual")


def test_training_said_in_the_call_holds() -> None:
    class Mode(layers.Layer):
        def call(self, x: Tensor, training: bool = False) -> Tensor:
            return x * 0.0 + (1.0 if training else 0.0)

    x = Input(shape=(1,))
    model = Model(x, [Mode()(x), Mode()(x, training=False), Mode()(x, training=True)])
    inner = Model(x, Mode()(x))
    outer = Model(x, [inner(x, training=False), inner(x)])
    for training, expected in ((True, [1, 0, 1]), (False, [0, 0, 1]), (None, [0, 0, 1])):
        assert [int(y) for y in model(numbers(1, 1), training=training)] == expected
    assert [int(y) for y in outer(numbers(1, 1), training=True)] == [0, 1]
    again = json.loads(json.dumps(model.get_config()))
    assert again["layers"][2]["inbound_nodes"][0]["kwargs"] == {"training": False}
    with pytest.raises(TypeError, match="training"):
        Mode()(x, training="yes")  # type: ignore[arg-type]


def test_trainable_reaches_inside_and_the_flag_asked_decides() -> None:
    body = residual_net()
    x = Input(shape=(8, 8, 3))
    outer = Model(x, layers.Dense(2)(body(x)))
    assert len(outer.trainable_weights) == 8
    body.trainable = False
    assert len(outer.trainable_weights) == 2
    assert body.get_layer("stem").trainable is False
    body.get_layer("head").trainable = True
    assert len(outer.trainable_weights) == 4
    assert body.trainable_weights == []
    outer.trainable = False
    assert len(outer.non_trainable_weights) == 8
    assert Model(x, body(x), trainable=True).trainable_weights != []


def test_a_frozen_model_trains_its_new_head_alone() -> None:
    body = residual_net()
    body.trainable = False
    x = Input(shape=(8, 8, 3))
    model = Model(x, layers.Dense(2, activation="softmax")(body(x)))
    before = [w.copy() for w in model.get_weights()]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(numbers(8, 8, 8, 3), np.arange(8) % 2, epochs=2, verbose=0)
    same = [np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True)]
    assert same == [True] * 6 + [False] * 2


def test_layers_of_the_users_need_call_alone() -> None:
    class Split(layers.Layer):
        def call(self, x: Tensor) -> list[Tensor]:
            return pyconv.autograd.split(x, 2, axis=-1)

    class Weighted(layers.Layer):
        def call(self, inputs: dict[str, Tensor]) -> Tensor:
            return inputs["a"] * 2.0 + inputs["b"]

    x = Input(shape=(6,))
    a, b = Split()(x)
    model = Model(x, Weighted()({"a": a, "b": b}))
    assert model.output_shape == (None, 3)
    batch = numbers(2, 6)
    np.testing.assert_array_equal(model(batch), batch[:, :3] * 2 + batch[:, 3:])
    assert b.history[1:] == (0, 1)


def test_layers_of_the_users_find_open_sizes() -> None:
    class Halve(layers.Layer):
        def call(self, x: Tensor) -> list[Tensor]:
            return [x[:, ::2], x.mean((1, 2)), x.mean()]

    half, mean, scalar = Halve()(Input(shape=(None, None, 3)))
    assert half.shape == (None, None, None, 3)
    assert mean.shape == (None, 3)
    assert scalar.shape == ()
    assert Halve()(Input(shape=(8, None, 3)))[0].shape == (None, 4, None, 3)
    with pytest.raises(ValueError, match="too large for a trial run; define compute_output_shape"):
        Halve()(Input(shape=(2**20, 2**20, 3)))


def test_training_equals_a_sequentials_bit_for_bit() -> None:
    x, y = numbers(40, 6, 6, 1), np.arange(40) % 3
    found = []
    for joined in (False, True):
        pyconv.set_seed(11)
        image = Input(shape=(6, 6, 1))
        stack = [layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(3, activation="softmax")]
        if joined:
            end = image
            for layer in stack:
                end = layer(end)
        model = Model(image, end) if joined else Sequential([image, *stack])
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0, validation_split=0.2)
        found.append((model.get_weights(), history.history, model.evaluate(x, y, verbose=0)))
    assert_same_bits(found[0][0], found[1][0])
    assert found[0][1:] == found[1][1:]


def test_subclassed_models_train() -> None:
    class Net(Model):
        def __init__(self) -> None:
            super().__init__(name="net")
            self.hidden = layers.Dense(4, activation="relu")
            self.blocks = [layers.Dense(4), layers.Dense(2, activation="softmax")]

        def call(self, x: Tensor, training: bool = False) -> Tensor:
            x = self.hidden(x)
            for block in self.blocks:
                x = block(x)
            return x

    net = Net()
    net.compile("adam", "sparse_categorical_crossentropy")
    history = net.fit(numbers(8, 3), np.arange(8) % 2, epochs=2, verbose=0)
    assert len(history.history["loss"]) == 2
    assert len(net.trainable_weights) == 6
    lines: list[str] = []
    net.summary(print_fn=lines.append)
    assert "(None, 4)" in "\n".join(lines)
    with pytest.raises(TypeError, match="inputs: None; must be symbolic tensors"):
        type("Other", (Model,), {})(inputs=None)


def test_gradients_of_a_class_reach_the_feature_maps() -> None:
    model, x = residual_net(), numbers(1, 8, 8, 3)
    both = Model(model.input, [model.get_layer("join").output, model.output])
    with GradientTape() as tape:
        maps, scores = both(x)
        score = scores[:, 2]
    found = tape.gradient(score, maps)
    rest = Model(model.get_layer("join").output, model.output)
    with GradientTape() as tape:
        tape.watch(maps)
        score = rest(maps)[:, 2]
    expected = tape.gradient(score, maps)
    assert found is not None
    assert expected is not None
    assert found.shape == (1, 8, 8, 4)
    assert np.abs(found.numpy()).max() > 0
    assert_same_bits(found.numpy(), expected.numpy())

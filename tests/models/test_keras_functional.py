# SPDX-License-Identifier: BSD-3-Clause
"""Functional models beside Keras 3: order, weights, configurations both ways, summary counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tolerances import KERAS, KERAS_LOSS_OF_STEPS

import pyconv
from pyconv import naming

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def residual(lib: Any) -> Any:
    image = lib.Input(shape=(6, 6, 3), name="image")
    x = lib.layers.Conv2D(4, 3, padding="same", activation="relu", name="c1")(image)
    y = lib.layers.Conv2D(4, 3, padding="same", name="c2")(x)
    x = lib.layers.Activation("relu", name="a")(lib.layers.Add(name="s")([x, y]))
    x = lib.layers.Flatten(name="f")(lib.layers.MaxPooling2D(2, name="p")(x))
    return lib.Model(image, lib.layers.Dense(3, activation="softmax", name="d")(x), name="r")


def shared_and_operators(lib: Any) -> Any:
    left, right = lib.Input(shape=(4, 5), name="left"), lib.Input(shape=(4, 5), name="right")
    twin = lib.layers.Dense(3, activation="tanh", name="twin")
    a, b = twin(left / 255.0), twin(right[:, ::2][:, :, :5] - np.arange(5, dtype=np.float32))
    x = lib.layers.Concatenate(axis=1, name="both")([a, b, twin(left)])
    x = -lib.layers.Permute((2, 1), name="turn")(x) * 2
    return lib.Model([left, right], lib.layers.Reshape((-1, 2), name="rows")(x) ** 2, name="s")


def nested(lib: Any) -> Any:
    body = residual(lib)
    head = lib.Sequential([lib.Input((3,)), lib.layers.Dense(2, name="h")], name="head")
    one, two = lib.Input(shape=(6, 6, 3), name="one"), lib.Input(shape=(6, 6, 3), name="two")
    features = body(two)
    outputs = {
        "z": lib.layers.subtract([head(body(one)), head(features)], name="z"),
        "y": lib.layers.Maximum(name="y")([features, body(one)]),
        "x": body(one),
    }
    return lib.Model({"one": one, "two": two}, outputs, name="n")


def sub_model(lib: Any) -> Any:
    whole = residual(lib)
    return lib.Model(whole.inputs, [whole.get_layer("c2").output, whole.get_layer("p").output])


MODELS: list[Callable[[Any], Any]] = [residual, shared_and_operators, nested, sub_model]


def as_dict(outputs: Any) -> dict[Any, Any]:
    if isinstance(outputs, dict):
        return outputs
    return dict(enumerate(outputs if isinstance(outputs, list) else [outputs]))


def assert_same_results(ours: Any, theirs: Any) -> None:
    generator = np.random.default_rng(4)
    batch: Any = [generator.normal(size=(2, *x.shape[1:])).astype("f") for x in ours.inputs]
    if isinstance(ours.input, dict):
        batch = dict(zip(ours.input_names, batch, strict=True))
    elif not isinstance(ours.input, list):
        batch = batch[0]
    found, expected = as_dict(ours(batch)), as_dict(theirs(batch))
    assert sorted(found) == sorted(expected)
    for key, value in expected.items():
        value = value.detach().numpy()
        scale = KERAS * float(np.abs(value).max())
        np.testing.assert_allclose(found[key], value, rtol=KERAS, atol=scale)


@pytest.mark.parametrize("build", MODELS)
def test_the_same_program_makes_the_same_model(keras: Any, build: Any) -> None:
    naming.reset_names()
    keras.utils.clear_session()
    ours, theirs = build(pyconv), build(keras)
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    assert ours.count_params() == theirs.count_params()
    assert [w.shape for w in ours.weights] == [tuple(w.shape) for w in theirs.weights]
    assert ours.output_shape == theirs.output_shape
    assert ours.output_names == theirs.output_names
    theirs.set_weights(ours.get_weights())
    assert_same_results(ours, theirs)


@pytest.mark.parametrize("build", MODELS)
def test_keras_reads_our_configurations(keras: Any, build: Any) -> None:
    ours = build(pyconv)
    config = json.loads(json.dumps(ours.get_config()))
    theirs = keras.Model.from_config(config)
    theirs.set_weights(ours.get_weights())
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    assert_same_results(ours, theirs)


@pytest.mark.parametrize("build", MODELS)
def test_we_read_configurations_of_keras(keras: Any, build: Any) -> None:
    theirs = build(keras)
    config = json.loads(json.dumps(theirs.get_config()))
    ours = pyconv.Model.from_config(config)
    ours.set_weights([np.asarray(w) for w in theirs.get_weights()])
    assert [x.name for x in ours.layers] == [x.name for x in theirs.layers]
    assert_same_results(ours, theirs)
    again = json.loads(json.dumps(ours.get_config()))
    for key in ("input_layers", "output_layers"):
        assert again[key] == config[key]
    for one, other in zip(again["layers"], config["layers"], strict=True):
        for node, twin in zip(one["inbound_nodes"], other["inbound_nodes"], strict=True):
            assert node["args"] == twin["args"]


def test_we_read_models_of_keras_operations(keras: Any) -> None:
    ops = keras.ops
    x = keras.Input(shape=(3, 4), name="x")
    y = ops.maximum(ops.relu(x), ops.exp(-x)) - ops.minimum(x, 0.5)
    y = ops.tanh(y) * ops.sigmoid(y) + ops.sqrt(ops.square(y)) / ops.relu6(y + 1)
    theirs = keras.Model(x, ops.log(ops.abs(y) + 1.0))
    ours = pyconv.Model.from_config(json.loads(json.dumps(theirs.get_config())))
    assert_same_results(ours, theirs)
    again = keras.Model.from_config(json.loads(json.dumps(ours.get_config())))
    assert_same_results(ours, again)


def test_trainable_means_what_it_means_in_keras(keras: Any) -> None:
    def counts(lib: Any) -> list[tuple[int, int]]:
        found = []
        model = nested(lib)
        body = model.get_layer("r")

        def note() -> None:
            found.extend((len(m.trainable_weights), len(m.weights)) for m in (model, body))

        note()
        body.trainable = False
        note()
        body.get_layer("d").trainable = True
        note()
        body.trainable = True
        body.get_layer("c1").trainable = False
        note()
        model.trainable = False
        note()
        frozen = lib.Sequential([lib.Input((3,)), lib.layers.Dense(2)], trainable=False)
        outer = lib.Sequential([lib.Input((3,)), frozen, lib.layers.Dense(2, trainable=False)])
        found.append((len(frozen.trainable_weights), len(outer.trainable_weights)))
        return found

    assert counts(pyconv) == counts(keras)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_twenty_steps_of_a_residual_net_equal_keras(keras: Any, dtype: str) -> None:
    def make(lib: Any) -> Any:
        image = lib.Input(shape=(8, 8, 2), dtype=dtype)
        x = lib.layers.Conv2D(6, 3, padding="same", activation="relu", dtype=dtype)(image)
        for _ in range(2):
            y = lib.layers.Conv2D(6, 3, padding="same", activation="relu", dtype=dtype)(x)
            y = lib.layers.Conv2D(6, 3, padding="same", dtype=dtype)(y)
            x = lib.layers.Add(dtype=dtype)([x, y])
            x = lib.layers.Activation("relu", dtype=dtype)(x)
        x = lib.layers.Flatten(dtype=dtype)(lib.layers.MaxPooling2D(2, dtype=dtype)(x))
        y = lib.layers.Dense(4, activation="softmax", dtype=dtype)(x)
        model = lib.Model(image, y)
        model.compile(lib.optimizers.Adam(2**-8), "sparse_categorical_crossentropy")
        return model

    pyconv.set_seed(3)
    ours, theirs = make(pyconv), make(keras)
    theirs.set_weights(ours.get_weights())
    generator, losses = np.random.default_rng(6), []
    for _ in range(20):
        labels = generator.integers(0, 4, 16)
        images = generator.random((16, 8, 8, 2)).astype(dtype)
        images[np.arange(16), 2 * labels] += 1.0
        theirs.reset_metrics()
        other = theirs.train_on_batch(images, labels)
        losses.append((ours.train_on_batch(images, labels), float(np.asarray(other).ravel()[0])))
    found, expected = np.array(losses).T
    np.testing.assert_allclose(found, expected, rtol=KERAS_LOSS_OF_STEPS[dtype])
    assert found[-1] < found[0] * 0.8, "the steps must have learned something"

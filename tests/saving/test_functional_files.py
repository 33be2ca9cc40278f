# SPDX-License-Identifier: BSD-3-Clause
"""Functional models in files; their configurations, also damaged or built to harm."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits

from pyconv import Input, Model, Sequential, layers, regularizers
from pyconv.layers.operation import Operation
from pyconv.models import load_model
from pyconv.saving import deserialize_layer, serialize_layer


def make() -> Model:
    """Return a model with a shared layer, operators, a nested model and two outputs."""
    x = Input(shape=(4, 6), name="x")
    twin = layers.Dense(6, activation="tanh", name="twin")
    y = layers.Add(name="sum")([twin(x / 2.0), twin(x[:, ::-1])])
    z = Input(shape=(4, 6), name="z")
    body = Model(z, layers.Flatten(name="flat")(z - np.arange(6)), name="body")
    head = Sequential([Input(shape=(24,)), layers.Dense(3, name="out")], name="head")
    return Model(x, {"a": head(body(y)), "b": y}, name="whole")


CONFIG = json.loads(json.dumps(serialize_layer(make())))


def test_the_whole_model_goes_out_and_back(tmp_path: Path) -> None:
    model = make()
    x = np.random.default_rng(0).normal(size=(2, 4, 6)).astype(np.float32)
    model.save(tmp_path / "m.npz")
    again = load_model(tmp_path / "m.npz")
    found, expected = again(x), model(x)
    assert_same_bits([found[k].numpy() for k in "ab"], [expected[k].numpy() for k in "ab"])
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert json.loads(json.dumps(serialize_layer(again))) == json.loads(
        json.dumps(serialize_layer(model))
    )


def test_training_goes_on_bit_for_bit(tmp_path: Path) -> None:
    def fresh() -> Model:
        x = Input(shape=(6,), name="x")
        y = layers.Dense(6, activation="relu", name="h")(x)
        y = layers.Dense(2, activation="softmax", name="d")(layers.add([x, y], name="s"))
        return Model(x, y, name="m")

    x, y = np.random.default_rng(1).normal(size=(16, 6)), np.arange(16) % 2
    model = fresh()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=1, verbose=0)
    model.save(tmp_path / "m.npz")
    model.fit(x, y, epochs=2, initial_epoch=1, verbose=0)
    again = load_model(tmp_path / "m.npz")
    again.fit(x, y, epochs=2, initial_epoch=1, verbose=0)
    assert_same_bits(again.get_weights(), model.get_weights())


def shared_across() -> Model:
    """Return a model with a layer and an Input that also stand in a model inside it."""
    x = Input(shape=(3,), name="x")
    twin = layers.Dense(3, name="twin")
    inner = Model(x, twin(x + 1.0), name="inner")
    body = Sequential([x, inner, twin], name="body")
    return Model(x, twin(body(twin(inner(x)))), name="outer")


def test_layers_shared_across_models_stay_one_layer(tmp_path: Path) -> None:
    model = shared_across()
    assert model.count_params() == 12
    x = np.random.default_rng(2).normal(size=(2, 3)).astype(np.float32)
    model.save(tmp_path / "m.npz")
    for again in (load_model(tmp_path / "m.npz"), Model.from_config(model.get_config())):
        assert again.count_params() == 12
        again.set_weights(model.get_weights())
        assert_same_bits(again(x).numpy(), model(x).numpy())
        body = again.get_layer("body")
        assert again.get_layer("twin") is body.layers[1]
        assert again.get_layer("twin") is body.layers[0].get_layer("twin")
    assert "shared_object_id" not in json.dumps(serialize_layer(make()))
    model.save(tmp_path / "m.npz")
    model.save(tmp_path / "again.npz")
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()


def test_numbers_of_shared_layers_must_be_numbers() -> None:
    config = json.loads(json.dumps(serialize_layer(shared_across())))
    for odd in ("x", 1.5, [], True):
        entry(config, "twin")["shared_object_id"] = odd
        with pytest.raises(ValueError, match=r"shared_object_id=.*; must be an integer"):
            deserialize_layer(config)


def test_keras_2_uses_are_read() -> None:
    config = copy.deepcopy(CONFIG)
    add = next(entry for entry in config["config"]["layers"] if entry["name"] == "sum")
    add["inbound_nodes"] = [[["twin", 0, 0, {}], ["twin", 1, 0, {}]]]
    assert isinstance(deserialize_layer(config), Model)


def entry(config: Any, name: str) -> Any:
    return next(item for item in config["config"]["layers"] if item["name"] == name)


def history(config: Any, name: str, value: Any) -> None:
    entry(config, name)["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = value


def argument(config: Any, name: str, value: Any) -> None:
    entry(config, name)["inbound_nodes"][0]["args"][1] = value


def divide(config: Any) -> str:
    return next(e["name"] for e in config["config"]["layers"] if e["class_name"] == "TrueDivide")


HARM: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no layers": (lambda c: c["config"].pop("layers"), "no list of layers"),
    "layers by number": (lambda c: c["config"].update(layers=7), "no list of layers"),
    "a layer by number": (lambda c: c["config"]["layers"].append(7), "not a dictionary"),
    "unknown key": (lambda c: c["config"].update(code="x"), r"unknown arguments \['code'\]"),
    "unknown class": (
        lambda c: entry(c, "sum").update(class_name="Lambda"),
        "unknown layer class 'Lambda'",
    ),
    "unknown operation": (
        lambda c: entry(c, divide(c)).update(class_name="Eval"),
        "unknown operation 'Eval'",
    ),
    "operation by number": (
        lambda c: entry(c, divide(c)).update(class_name=[1]),
        "unknown operation",
    ),
    "options of an operation": (
        lambda c: entry(c, divide(c))["config"].update(fn="os.system"),
        "its configuration must be its name and its options",
    ),
    "a name twice": (
        lambda c: c["config"]["layers"].append(entry(c, "sum")),
        "is taken or not the layer's own",
    ),
    "another name": (
        lambda c: entry(c, "twin")["config"].update(name="other"),
        "is taken or not the layer's own",
    ),
    "uses by number": (lambda c: entry(c, "sum").update(inbound_nodes=3), "no list of uses"),
    "a use by number": (lambda c: entry(c, "sum").update(inbound_nodes=[3]), "without a tensor"),
    "a use of nothing": (
        lambda c: entry(c, "sum").update(inbound_nodes=[{"args": [], "kwargs": {}}]),
        "without a tensor",
    ),
    "an input that is used": (
        lambda c: entry(c, "x").update(inbound_nodes=entry(c, "twin")["inbound_nodes"]),
        "no list of uses",
    ),
    "a history of words": (lambda c: history(c, "head", "body"), "is no .layer, use, output"),
    "a negative use": (lambda c: history(c, "head", ["body", -1, 0]), "is no .layer, use"),
    "a tensor of nobody": (lambda c: history(c, "head", ["nobody", 0, 0]), "cycle or need"),
    "a use that is not": (lambda c: history(c, "head", ["body", 5, 0]), "cycle or need"),
    "an output that is not": (lambda c: history(c, "head", ["body", 0, 9]), "there is no tensor"),
    "a cycle": (lambda c: history(c, "body", ["head", 0, 0]), "form a cycle"),
    "an unknown argument": (
        lambda c: entry(c, "head")["inbound_nodes"][0]["kwargs"].update(states=[1]),
        "unknown arguments",
    ),
    "training by word": (
        lambda c: entry(c, "head")["inbound_nodes"][0]["kwargs"].update(training="yes"),
        "unknown arguments|training",
    ),
    "kwargs by number": (
        lambda c: entry(c, "head")["inbound_nodes"][0].update(kwargs=7),
        "args and kwargs",
    ),
    "two arguments": (
        lambda c: entry(c, "head")["inbound_nodes"][0]["args"].append(1),
        "layer 'head'",
    ),
    "a word to divide by": (lambda c: argument(c, divide(c), "two"), "must be numbers"),
    "a list of words": (lambda c: argument(c, divide(c), ["a", "b"]), "must be numbers"),
    "three to divide": (
        lambda c: entry(c, divide(c))["inbound_nodes"][0]["args"].append(1.0),
        "3 arguments; must be 2",
    ),
    "a part of a number": (
        lambda c: entry(c, divide(c)).update(
            class_name="GetItem",
            inbound_nodes=[
                {"args": [2, entry(c, divide(c))["inbound_nodes"][0]["args"][0]], "kwargs": {}}
            ],
        ),
        "must be a symbolic tensor",
    ),
    "an unknown value": (
        lambda c: argument(c, divide(c), {"class_name": "__lambda__", "config": {"value": "x"}}),
        "unknown value '__lambda__'",
    ),
    "a constant of words": (
        lambda c: argument(c, divide(c), {"class_name": "__numpy__", "config": {"value": "x"}}),
        "no array of numbers",
    ),
    "a value without configuration": (
        lambda c: argument(c, divide(c), {"class_name": "__numpy__"}),
        "has no configuration",
    ),
    "no outputs": (lambda c: c["config"].update(output_layers=[]), "output_layers holds"),
    "an output by number": (lambda c: c["config"].update(output_layers=[3]), "output_layers holds"),
    "an output of nobody": (
        lambda c: c["config"].update(output_layers=["nobody", 0, 0]),
        "there is no tensor",
    ),
    "an input from the middle of nowhere": (
        lambda c: c["config"].update(input_layers=["sum", 0]),
        "is no .layer, use, output",
    ),
    "inputs that do not lead there": (
        lambda c: c["config"].update(input_layers=["body", 1, 0]),
        "graph disconnected",
    ),
    "shapes that do not fit": (
        lambda c: entry(c, "x")["config"].update(batch_shape=[None, 3, 6]),
        "layer '",
    ),
    "trainable by number": (lambda c: c["config"].update(trainable=1), "trainable=1"),
    "a name by number": (lambda c: c["config"].update(name=4), "name=4"),
}


@pytest.mark.parametrize("name", HARM)
def test_configurations_built_to_harm_are_refused(name: str) -> None:
    edit, text = HARM[name]
    config = copy.deepcopy(CONFIG)
    edit(config)
    with pytest.raises(ValueError, match=text):
        deserialize_layer(config)


def test_every_value_may_be_replaced_without_another_error() -> None:
    """Put odd values in each place of a configuration: it loads, or a ValueError says why."""

    def places(value: Any, path: tuple[Any, ...] = ()) -> Any:
        yield path
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items if isinstance(value, (dict, list)) else ():
            yield from (
                places(item, (*path, key)) if isinstance(item, (dict, list)) else [(*path, key)]
            )

    refused = 0
    for path in [p for p in places(CONFIG) if p]:
        for odd in (None, -1, 2**40, 1.5, "x", [], {}, [[]], {"class_name": "Dense"}, True):
            config = copy.deepcopy(CONFIG)
            place = config
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = odd
            try:
                deserialize_layer(config)
            except ValueError:
                refused += 1
    assert refused > 1000


def test_layers_that_keras_lacks_are_written_as_pyconvs(tmp_path: Path) -> None:
    for layer in (layers.MinPooling2D(3), layers.LocalResponseNormalization()):
        config = serialize_layer(layer)
        name = type(layer).__name__
        assert (config["module"], config["registered_name"]) == (None, f"pyconv>{name}")
        assert type(deserialize_layer(config)) is type(layer)
        assert type(deserialize_layer({**config, "registered_name": None})) is type(layer)
        with pytest.raises(ValueError, match="is registered as 'evil>"):
            deserialize_layer({**config, "registered_name": f"evil>{name}"})
    assert serialize_layer(layers.MaxPooling2D())["registered_name"] is None
    model = Model(x := Input((8, 8, 1)), layers.MinPooling2D(2)(x))
    model.save(tmp_path / "smallest.npz")
    again = load_model(tmp_path / "smallest.npz")
    assert type(again.layers[1]) is layers.MinPooling2D


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".npz"])
def test_what_is_frozen_inside_stays_frozen(suffix: str, tmp_path: Path) -> None:
    if suffix != ".npz":
        pytest.importorskip("h5py")
    z = Input(shape=(6,))
    inner = layers.Dense(4, name="d2")(layers.BatchNormalization(name="n")(z))
    body = Model(z, layers.Dense(3, name="d3")(inner), name="body")
    body.get_layer("n").trainable = False
    body.get_layer("d2").trainable = False
    tail = Model(y := Input(shape=(3,)), layers.Dense(3, name="t")(y), name="tail")
    tail.trainable = False
    model = Sequential([Input(shape=(6,)), body, tail, layers.Dense(1, name="d1")], name="whole")
    model.save(tmp_path / f"m{suffix}")
    again = load_model(tmp_path / f"m{suffix}")
    flags = [(path, trainable) for path, _, trainable in model.paths()]
    assert [(path, trainable) for path, _, trainable in again.paths()] == flags
    assert sum(trainable for _, trainable in flags) == 4
    assert_same_bits(again.get_weights(), model.get_weights())


def test_stacked_tensors_go_out_and_back(tmp_path: Path) -> None:
    x = Input(shape=(4, 3), name="x")
    model = Model(x, Operation("Stack", axis=-1).apply([x[..., i] for i in (2, 1, 0)]))
    assert model.output_shape == (None, 4, 3)
    model.save(tmp_path / "m.npz")
    data = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    assert_same_bits(load_model(tmp_path / "m.npz").predict(data, verbose=0), data[..., ::-1])


@pytest.mark.parametrize(
    ("arguments", "options", "error", "text"),
    [
        ([], {}, TypeError, "must be a list of symbolic tensors"),
        ([np.zeros(3)], {}, TypeError, "must be a list of symbolic"),
        ([Input((3,)), Input((4,))], {}, ValueError, "must be equal"),
        ([Input((3,))], {"axis": 3}, ValueError, "axis=3; must be within -3 and 2"),
        ([Input((3,))], {"axis": "last"}, ValueError, "Stack: axis='last'"),
        ([Input((3,))], {"number": 1}, ValueError, "Stack: number=1"),
    ],
)
def test_stack_refuses(arguments: Any, options: Any, error: Any, text: str) -> None:
    with pytest.raises(error, match=text):
        Operation("Stack", **options).apply(arguments)


@pytest.mark.parametrize("suffix", [".npz", ".keras", ".h5"])
@pytest.mark.parametrize("functional", [False, True], ids=["sequential", "functional"])
def test_a_regularizer_of_a_model_s_results_comes_back(
    tmp_path: Path, suffix: str, functional: bool
) -> None:
    stack = [Input((3,)), layers.Dense(2)]
    model = Model(stack[0], stack[1](stack[0])) if functional else Sequential(stack)
    model.activity_regularizer = regularizers.L2(0.1)
    model.compile("sgd", "mse")
    model.save(tmp_path / f"model{suffix}")
    loaded = load_model(tmp_path / f"model{suffix}")
    x, y = np.ones((4, 3), np.float32), np.zeros((4, 2), np.float32)
    assert loaded.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert loaded.get_config() == model.get_config()

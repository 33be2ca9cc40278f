# SPDX-License-Identifier: BSD-3-Clause
"""Files of models of the user's classes, and of layers of such, whenever they were built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import Input, Model, Sequential, layers, load_model
from pyconv.saving import building

X = np.random.default_rng(5).normal(size=(12, 5)).astype("float32")
Y = X[:, :2]
SUFFIXES = ("npz", "keras", "h5")


class BuiltByItself(Model):
    """Says that it is built before its layers are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = layers.Dense(3), layers.Dense(2)
        self.built = True

    def call(self, x: Any) -> Any:
        return self.second(self.first(x))


class BuiltInBuild(BuiltByItself):
    """Its `build` says so, and builds nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.built = False

    def build(self, input_shape: Any) -> None:
        self.built = True


class Block(layers.Layer):
    """A layer of layers in lists, one inside the other, that says that it is built."""

    def __init__(self, depth: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.depth = depth
        self.inside = [layers.Dense(4), *([Block(depth - 1)] if depth else [])]
        self.built = True

    def call(self, x: Any) -> Any:
        for layer in self.inside:
            x = layer(x)
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "depth": self.depth}


class Blocks(BuiltByItself):
    """Layers of the user's in a model of the user's."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first = Block()


class Parts(Model):
    """No call: its step uses the parts, whose inputs nobody has declared."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.encoder = Sequential([layers.Dense(3), layers.BatchNormalization()])
        self.decoder = Sequential([layers.Dense(5)])
        self.built = True

    def train_step(self, data: Any) -> dict[str, float]:
        return {"loss": float(self.decoder(self.encoder(data[0])).mean())}


class Joining(Model):
    """Takes a list of two inputs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = layers.Dense(3), layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.second(x[0]) + self.second(self.first(x[1]) @ np.ones((3, 5), "float32"))


class Naming(Model):
    """Takes a dictionary of two inputs."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first, self.second = layers.Dense(2), layers.Dense(2)

    def call(self, x: Any) -> Any:
        return self.first(x["a"]) + self.second(x["b"])


OWN = {
    kind.__name__: kind
    for kind in (BuiltByItself, BuiltInBuild, Block, Blocks, Parts, Joining, Naming)
}


def trained(model: Model, x: Any = X) -> Model:
    model.compile("adam", "mse")
    model.fit(x, Y, epochs=2, verbose=0)
    return model


def assert_same_weights(one: Model, other: Model) -> None:
    assert one.weights
    for a, b in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(params=SUFFIXES)
def path(request: Any, tmp_path: Path) -> Path:
    if request.param != "npz":
        pytest.importorskip("h5py")
    return tmp_path / f"own.{request.param}"


def in_a_sequential() -> Model:
    return Sequential([Block(), layers.Dense(2)])


def in_a_graph() -> Model:
    x = Input((5,))
    return Model(x, layers.Dense(2)(Block()(x)))


@pytest.mark.parametrize("make", [BuiltByItself, BuiltInBuild, Blocks, in_a_sequential, in_a_graph])
def test_a_model_is_loaded_whenever_its_layers_were_built(make: Any, path: Path) -> None:
    model = trained(make())
    expected = model.predict(X, verbose=0)
    model.save(path)
    loaded = load_model(path, custom_objects=OWN)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), expected)
    assert_same_weights(loaded, model)
    loaded.save(path)
    assert_same_weights(load_model(path, custom_objects=OWN), model)


def test_parts_that_a_step_alone_uses_are_loaded(path: Path) -> None:
    model = Parts()
    model.compile("sgd")
    model.fit(X, Y, verbose=0)
    model.save(path)
    assert_same_weights(load_model(path, custom_objects=OWN), model)


@pytest.mark.parametrize(("kind", "x"), [(Joining, [X, X + 1]), (Naming, {"a": X, "b": X + 1})])
def test_models_of_several_inputs_are_loaded(kind: Any, x: Any, path: Path) -> None:
    model = trained(kind(), x)
    expected = model.predict(x, verbose=0)
    model.save(path)
    loaded = load_model(path, custom_objects=OWN)
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), expected)


@pytest.mark.parametrize("make", [BuiltByItself, in_a_sequential])
def test_training_goes_on_bit_for_bit_under_other_automatic_names(make: Any, path: Path) -> None:
    pyconv.set_seed(4)
    model = trained(make())
    model.save(path)
    loaded = load_model(path, custom_objects=OWN)
    assert [p for p, *_ in loaded.paths()] != [p for p, *_ in model.paths()]
    for each in (model, loaded):
        each.fit(X, Y, shuffle=False, verbose=0)
    assert loaded.optimizer.iterations == 3
    assert_same_weights(loaded, model)


@pytest.mark.parametrize("suffix", ["npz", "weights.h5", "h5"])
def test_weights_go_to_a_second_instance_of_the_class(suffix: str, tmp_path: Path) -> None:
    if suffix != "npz":
        pytest.importorskip("h5py")
    one, other = trained(Blocks()), trained(Blocks())
    one.save_weights(tmp_path / f"own.{suffix}")
    other.load_weights(tmp_path / f"own.{suffix}")
    assert_same_weights(one, other)


def test_files_that_do_not_tell_the_layers_shapes_are_loaded_as_ever(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = [trained(BuiltInBuild()), trained(in_a_graph())]
    for module in ("npz", "keras_archive", "legacy_model"):
        monkeypatch.setattr(f"pyconv.saving.{module}.layer_shapes", lambda model: None)
    for model in models:
        model.save(path)
        assert_same_weights(load_model(path, custom_objects=OWN), model)


def test_models_of_known_layers_alone_tell_no_shapes() -> None:
    assert building.layer_shapes(Sequential([Input((5,)), layers.Dense(2)])) is None
    found = building.layer_shapes(trained(BuiltByItself()))
    assert {path: shape[1:] for path, shape in found.items()} == {
        "first": [5],
        "layers/dense_1": [3],
    }


def test_a_shape_that_is_none_is_left_out_and_one_in_a_file_refused() -> None:
    class Odd(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight((2,))

    class Holding(Model):
        def __init__(self) -> None:
            super().__init__()
            self.odd = Odd()
            self.odd.build("anything")
            self.built = True

    assert building.layer_shapes(Holding()) == {}
    config: Any = {"class_name": "BuiltByItself", "config": {}, "registered_name": None}
    for shapes, message in (
        ([1], r"the layers' shapes are list; must be by path"),
        ({"first": 5}, r"shape 5 of 'first' is no shape"),
        ({"first": [None, "5"]}, r"shape '?.* of 'first' is no shape"),
        ({"first": [None, -5]}, r"shape \[None, -5\] of 'first' is no shape"),
        ({"first": [None, 2**40]}, r"shape \[None, 1099511627776\] of 'first' is no shape"),
        ({"first": [None, 2**30]}, r"a weight of shape .* needs more bytes than the file has"),
        ({"first": {"a": [None, 5]}}, r"the model cannot be built|input shape"),
    ):
        with pytest.raises(ValueError, match=message):
            building.build_model(config, None, OWN, 1000, shapes)


def test_weights_of_other_shapes_or_layers_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    trained(BuiltByItself()).save(path)

    class Wider(BuiltByItself):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.second = layers.Dense(4)

    class Other(BuiltByItself):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.second = layers.Dense(2, name="head")

    for kind, message in (
        (Wider, r"weights/dense_\d+/kernel is float32\(3, 2\), expected float32\(3, 4\)"),
        (Other, r"weights/head/kernel is missing.*weights/dense_\d+/kernel is not expected"),
    ):
        with pytest.raises(ValueError, match=message):
            load_model(path, custom_objects={"BuiltByItself": kind})

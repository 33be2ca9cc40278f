# SPDX-License-Identifier: BSD-3-Clause
"""Whole models go into a file and come back: weights, compile state, optimizer, random state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv import Tensor, layers
from pyconv.models import Model, Sequential, load_model

GENERATOR = np.random.default_rng(3)
X = GENERATOR.random((90, 8, 8, 2), np.float32)
Y = GENERATOR.integers(0, 4, 90)


def network(seed: int = 1, **options: Any) -> Sequential:
    pyconv.set_seed(seed)
    model = Sequential(
        [
            layers.Conv2D(
                5,
                (3, 2),
                padding=((1, 0), (0, 1)),
                activation="relu",
                kernel_initializer=pyconv.initializers.RandomNormal(stddev=0.1),
                input_shape=(8, 8, 2),
            ),
            layers.MaxPooling2D(2, strides=(2, 1), padding="same"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", **options),
        ],
        name="net",
    )
    model.compile(
        pyconv.optimizers.Adam(0.01, beta_1=0.8),
        pyconv.losses.SparseCategoricalCrossentropy(),
        metrics=["acc", pyconv.metrics.SparseCategoricalAccuracy(name="right")],
    )
    return model


def assert_equal(found: Any, expected: Any) -> None:
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_loaded_model_is_the_saved_one(tmp_path: Path) -> None:
    model = network(use_bias=False)
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "net.npz")
    loaded = load_model(tmp_path / "net.npz")
    assert_equal(loaded.get_weights(), model.get_weights())
    assert loaded.get_config() == model.get_config()
    assert (loaded.name, loaded.optimizer.iterations) == ("net", 3)
    assert loaded.optimizer.get_config() == model.optimizer.get_config()
    assert loaded.evaluate(X, Y, verbose=0, return_dict=True) == model.evaluate(
        X, Y, verbose=0, return_dict=True
    )
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert not list(tmp_path.glob(".*")), "no temporary file stays"


def test_the_file_opens_in_numpy_under_plain_names(tmp_path: Path) -> None:
    model = network()
    model.save(str(tmp_path / "net.npz"))
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        first = model.layers[0].name
        np.testing.assert_array_equal(file[f"weights/{first}/kernel"], model.get_weights()[0])
        assert file["config"].dtype == np.uint8


def test_saving_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    model = network()
    model.save(tmp_path / "a.npz")
    model.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_training_goes_on_bit_for_bit(tmp_path: Path) -> None:
    through = network()
    history = through.fit(X, Y, batch_size=16, epochs=5, verbose=0, validation_split=0.2)
    stopped = network()
    stopped.fit(X, Y, batch_size=16, epochs=2, verbose=0, validation_split=0.2)
    stopped.save(tmp_path / "net.npz")
    pyconv.set_seed(99)
    resumed = load_model(tmp_path / "net.npz")
    pyconv.random.generator().random(5)
    rest = resumed.fit(
        X, Y, batch_size=16, epochs=5, initial_epoch=2, verbose=0, validation_split=0.2
    )
    assert_equal(resumed.get_weights(), through.get_weights())
    assert rest.epoch == [2, 3, 4]
    assert rest.history["loss"] == history.history["loss"][2:]


RESUME = """
import sys
import numpy as np
import pyconv
generator = np.random.default_rng(3)
x, y = generator.random((90, 8, 8, 2), np.float32), generator.integers(0, 4, 90)
model = pyconv.load_model(sys.argv[1])
model.fit(x, y, batch_size=16, epochs=4, initial_epoch=1, verbose=0)
model.save(sys.argv[1])
"""


def test_training_goes_on_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    through = network()
    through.fit(X, Y, batch_size=16, epochs=4, verbose=0)
    stopped = network()
    stopped.fit(X, Y, batch_size=16, epochs=1, verbose=0)
    stopped.save(path)
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", RESUME, str(path)], cwd=root, check=True, timeout=60)
    assert_equal(load_model(path).get_weights(), through.get_weights())


def test_loading_draws_no_random_numbers(tmp_path: Path) -> None:
    network().save(tmp_path / "net.npz")
    pyconv.set_seed(4)
    state = pyconv.random.get_state()
    model = load_model(tmp_path / "net.npz")
    assert pyconv.random.get_state() == state
    model.fit(X, Y, verbose=0, shuffle=False)
    assert pyconv.random.get_state() == state, "only an initial_epoch goes on from the file's state"


def test_frozen_nested_and_uncompiled_models(tmp_path: Path) -> None:
    body = Sequential([layers.Flatten(), layers.Dense(6, activation="tanh")], name="body")
    body.trainable = False
    model = Sequential([pyconv.Input(shape=(8, 8, 2)), body, layers.Dense(4)])
    model.save(tmp_path / "net.npz")
    loaded = load_model(tmp_path / "net.npz")
    assert loaded.optimizer is None
    assert [p for p, _, _ in loaded.paths()] == [p for p, _, _ in model.paths()]
    assert len(loaded.trainable_weights) == 2
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_deferred_and_a_float64_model(tmp_path: Path) -> None:
    model = Sequential([layers.Flatten(dtype="float64"), layers.Dense(4, dtype="float64")])
    with pytest.raises(ValueError, match="not built"):
        model.save(tmp_path / "net.npz")
    expected = model.predict(X, verbose=0)
    model.save(tmp_path / "net.npz")
    loaded = load_model(tmp_path / "net.npz")
    assert loaded.predict(X, verbose=0).dtype == np.float64
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), expected)


class Scale(layers.Layer):
    """A layer of the user's with a weight and an argument."""

    def __init__(self, start: float, **base: Any) -> None:
        super().__init__(**base)
        self.start = start

    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight(
            (input_shape[-1],), pyconv.initializers.Constant(self.start), name="factor"
        )

    def call(self, x: Tensor) -> Tensor:
        return x * self.factor

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "start": self.start}


class Branch(Model):
    """A model of the user's."""

    def __init__(self, units: int, **base: Any) -> None:
        super().__init__(**base)
        self.units = units
        self.flat, self.head = layers.Flatten(), layers.Dense(units, name="head")

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        y: Tensor = self.head(self.flat(x))
        return y

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, "units": self.units}


def test_layers_and_models_of_the_users(tmp_path: Path) -> None:
    model = Sequential([layers.Flatten(input_shape=(8, 8, 2)), Scale(2.5), layers.Dense(4)])
    branch = Branch(3)
    for saved, classes in ((model, {"Scale": Scale}), (branch, {"Branch": Branch})):
        expected = saved.predict(X, verbose=0)
        saved.save(tmp_path / "own.npz")
        with pytest.raises(ValueError, match="unknown layer class"):
            load_model(tmp_path / "own.npz")
        loaded = load_model(tmp_path / "own.npz", custom_objects=classes)
        np.testing.assert_array_equal(loaded.predict(X, verbose=0), expected)


def test_a_loss_of_the_users_is_left_out_with_a_warning(tmp_path: Path) -> None:
    model = network()
    model.compile("adam", lambda y, p: (p * p).sum(-1))
    model.fit(X, Y, verbose=0)
    with pytest.warns(UserWarning, match="saved as not compiled"):
        model.save(tmp_path / "net.npz")
    assert load_model(tmp_path / "net.npz").optimizer is None


def test_compile_false_loads_weights_alone(tmp_path: Path) -> None:
    model = network()
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "net.npz")
    loaded = load_model(tmp_path / "net.npz", compile=False)
    assert loaded.optimizer is None
    assert_equal(loaded.get_weights(), model.get_weights())


@pytest.mark.parametrize("name", ["net.weights.h5", "net", "net.npz.zip", "net.pt", "net.pkl"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    for function in (network().save, load_model):
        with pytest.raises(ValueError, match=r"must end in \.keras or \.h5 or \.npz"):
            function(tmp_path / name)


class Pair(Model):
    """A model with a step of its own and no call."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first = Sequential([pyconv.Input((3,)), layers.Dense(2, name="one")], name="first")
        self.second = Sequential([pyconv.Input((2,)), layers.Dense(1, name="other")], name="second")
        self.built = True

    def train_step(self, data: Any) -> dict[str, float]:
        return {"loss": float(self.second(self.first(data)).numpy().mean())}


class BuiltPair(Pair):
    """It makes its weights in build, and says so itself as Keras's guides do."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.first = self.second = layers.Dense(3, name="only")
        self.built = False

    def build(self, input_shape: Any) -> None:
        self.first.build(input_shape)
        self.built = True


@pytest.mark.parametrize("kind", [Pair, BuiltPair])
@pytest.mark.parametrize("suffix", ["npz", "keras", "h5"])
def test_a_model_without_a_call(tmp_path: Path, kind: type[Model], suffix: str) -> None:
    if suffix != "npz":
        pytest.importorskip("h5py")
    model = kind()
    model.compile("sgd")
    if not model.built:
        model.build((None, 3))
    model.fit(np.ones((4, 3), np.float32), verbose=0)
    path = tmp_path / f"pair.{suffix}"
    model.save(path)
    loaded = load_model(path, custom_objects={kind.__name__: kind})
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        assert_equal(one, other)

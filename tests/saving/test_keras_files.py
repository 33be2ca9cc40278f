# SPDX-License-Identifier: BSD-3-Clause
"""Whole models in .keras and .h5: here, in Keras 3, and from here to there and back."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits
from tolerances import KERAS_OUTPUTS_OF_A_FILE

import pyconv
from pyconv import Input, Model, Sequential, layers
from pyconv.models import load_model

h5py = pytest.importorskip("h5py")
pytestmark = pytest.mark.parametrize("suffix", [".keras", ".h5"])
X = np.random.default_rng(0).normal(size=(12, 6, 6, 2)).astype(np.float32)
Y = np.arange(12) % 3


def stack(library: Any = pyconv) -> Any:
    layers = library.layers
    return library.Sequential(
        [
            layers.Input(shape=(6, 6, 2)),
            layers.Conv2D(3, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def graph(library: Any = pyconv) -> Any:
    """Return a graph with a shared layer, operators and models inside."""
    layers = library.layers
    x = library.Input(shape=(6, 6, 2), name="x")
    twin = layers.Conv2D(2, 3, padding="same", name="twin")
    y = layers.Add(name="sum")([twin(x), twin(x / 2.0 + 1.0)])
    z = library.Input(shape=(6, 6, 2), name="z")
    body = library.Model(z, layers.Flatten(name="flat")(z * 2.0), name="body")
    head = library.Sequential(
        [library.Input(shape=(72,)), layers.Dense(3, activation="softmax", name="out")],
        name="head",
    )
    return library.Model(x, head(body(y)), name="whole")


MODELS = {"stack": stack, "graph": graph}


def trained(model: Any) -> Any:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    return model


@pytest.mark.parametrize("kind", MODELS)
def test_the_whole_model_goes_out_and_back(tmp_path: Path, suffix: str, kind: str) -> None:
    model = trained(MODELS[kind]())
    path = tmp_path / f"net{suffix}"
    model.save(path)
    again = load_model(path)
    assert_same_bits(again.get_weights(), model.get_weights())
    assert_same_bits(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert json.dumps(again.get_config()) == json.dumps(model.get_config())
    assert again.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("kind", MODELS)
def test_training_goes_on_bit_for_bit(tmp_path: Path, suffix: str, kind: str) -> None:
    model = trained(MODELS[kind]())
    path = tmp_path / f"net{suffix}"
    model.save(path)
    model.fit(X, Y, batch_size=4, epochs=3, initial_epoch=1, verbose=0)
    again = load_model(path)
    again.fit(X, Y, batch_size=4, epochs=3, initial_epoch=1, verbose=0)
    assert_same_bits(again.get_weights(), model.get_weights())


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", MODELS)
def test_keras_opens_models_written_here(
    tmp_path: Path, keras: Any, suffix: str, kind: str
) -> None:
    model = trained(MODELS[kind]())
    path = tmp_path / f"net{suffix}"
    model.save(path)
    theirs = keras.models.load_model(path)
    assert_same_bits(theirs.get_weights(), model.get_weights())
    difference = np.abs(theirs.predict(X, verbose=0) - model.predict(X, verbose=0)).max()
    assert difference <= KERAS_OUTPUTS_OF_A_FILE
    assert int(theirs.optimizer.iterations) == 3
    if suffix == ".keras":  # from .h5 Keras 3 restores no optimizer, not even its own
        state = model.optimizer.state_of(model.trainable_weights[0])
        found = [v.numpy() for v in theirs.optimizer.variables[2:4]]
        assert_same_bits(found, [state["m"], state["v"]])
        theirs.fit(X, Y, verbose=0)
    theirs.save(tmp_path / f"again{suffix}")
    assert_same_bits(load_model(tmp_path / f"again{suffix}").get_weights(), theirs.get_weights())


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", MODELS)
def test_models_written_by_keras_open_here(
    tmp_path: Path, keras: Any, suffix: str, kind: str
) -> None:
    theirs = trained(MODELS[kind](keras))
    path = tmp_path / f"net{suffix}"
    theirs.save(path)
    model = load_model(path)
    assert_same_bits(model.get_weights(), theirs.get_weights())
    difference = np.abs(theirs.predict(X, verbose=0) - model.predict(X, verbose=0)).max()
    assert difference <= KERAS_OUTPUTS_OF_A_FILE
    assert model.optimizer.iterations == 3
    first = model.optimizer.state_of(model.trainable_weights[0])
    assert_same_bits([first["m"], first["v"]], [v.numpy() for v in theirs.optimizer.variables[2:4]])
    assert np.isfinite(model.evaluate(X, Y, verbose=0)).all()


OPTIMIZERS: dict[str, Any] = {
    "SGD": {"learning_rate": 0.25},
    "SGD with momentum": {"learning_rate": 0.25, "momentum": 0.5, "nesterov": True},
    "RMSprop": {"momentum": 0.5, "centered": True},
    "Adagrad": {},
    "Adam with the largest": {"amsgrad": True},
    "AdamW": {"weight_decay": 0.125},
    "Adam with a schedule": {"learning_rate": None},
}


def optimizer_of(library: Any, name: str) -> Any:
    options = dict(OPTIMIZERS[name])
    if "learning_rate" in options and options["learning_rate"] is None:
        options["learning_rate"] = library.optimizers.schedules.ExponentialDecay(0.25, 2, 0.5)
    return getattr(library.optimizers, name.split()[0])(**options)


def with_optimizer(library: Any, name: str) -> Any:
    model = stack(library)
    model.compile(optimizer_of(library, name), "sparse_categorical_crossentropy")
    model.fit(X, Y, batch_size=4, epochs=1, verbose=0)
    return model


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on_bit_for_bit(tmp_path: Path, suffix: str, name: str) -> None:
    model = with_optimizer(pyconv, name)
    path = tmp_path / f"net{suffix}"
    model.save(path)
    model.fit(X, Y, batch_size=4, epochs=2, initial_epoch=1, verbose=0)
    again = load_model(path)
    again.fit(X, Y, batch_size=4, epochs=2, initial_epoch=1, verbose=0)
    assert_same_bits(again.get_weights(), model.get_weights())


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_to_keras_and_comes_from_there(
    tmp_path: Path, keras: Any, suffix: str, name: str
) -> None:
    path = tmp_path / f"net{suffix}"
    theirs = with_optimizer(keras, name)
    theirs.save(path)
    model = load_model(path)
    assert type(model.optimizer).__name__ == name.split()[0]
    assert model.optimizer.iterations == 3
    state = [v.numpy() for v in theirs.optimizer.variables if v.shape]
    first = model.optimizer.state_of(model.trainable_weights[0])
    for array in first.values():
        assert any(np.array_equal(array, other) for other in state)
    model.save(path)
    again = keras.models.load_model(path)
    assert type(again.optimizer).__name__ == name.split()[0]
    if suffix == ".keras":
        for a, b in zip(again.optimizer.variables, theirs.optimizer.variables, strict=True):
            np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_compile_false_leaves_the_optimizer_out(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    trained(stack()).save(path)
    assert load_model(path, compile=False).optimizer is None


def test_a_model_that_was_never_compiled_is_none_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    stack().save(path)
    assert load_model(path).optimizer is None


def test_frozen_layers_stay_frozen_and_the_optimizer_fits(tmp_path: Path, suffix: str) -> None:
    model = stack()
    model.layers[0].trainable = False
    trained(model).save(tmp_path / f"net{suffix}")
    again = load_model(tmp_path / f"net{suffix}")
    assert [w.shape for w in again.trainable_weights] == [w.shape for w in model.trainable_weights]
    state = model.optimizer.state_of(model.trainable_weights[0])
    found = again.optimizer.state_of(again.trainable_weights[0])
    assert_same_bits([found["m"], found["v"]], [state["m"], state["v"]])


def test_a_model_built_by_its_data_is_built_again(tmp_path: Path, suffix: str) -> None:
    model = Sequential([layers.Flatten(), layers.Dense(3)])
    model(X)
    model.save(tmp_path / f"net{suffix}")
    again = load_model(tmp_path / f"net{suffix}")
    assert_same_bits(again.predict(X, verbose=0), model.predict(X, verbose=0))


def test_an_unbuilt_model_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match="is not built"):
        Sequential([layers.Dense(2)]).save(tmp_path / f"net{suffix}")
    assert not os.listdir(tmp_path)


def test_float64_models_keep_their_bits(tmp_path: Path, suffix: str) -> None:
    model = Sequential([Input(shape=(3,), dtype="float64"), layers.Dense(2, dtype="float64")])
    model.save(tmp_path / f"net{suffix}")
    again = load_model(tmp_path / f"net{suffix}")
    assert again.get_weights()[0].dtype == np.float64
    assert_same_bits(again.get_weights(), model.get_weights())


class Scale(layers.Layer):
    def build(self, input_shape: Any) -> None:
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x: Any) -> Any:
        return x * self.factor


def test_classes_of_one_s_own_are_passed_in(tmp_path: Path, suffix: str) -> None:
    model = Sequential([Input(shape=(3,)), Scale(name="scale")])
    model.set_weights([np.array([1.0, 2.0, 3.0], np.float32)])
    path = tmp_path / f"net{suffix}"
    model.save(path)
    again = load_model(path, custom_objects={"Scale": Scale})
    assert_same_bits(again.get_weights(), model.get_weights())
    with pytest.raises(ValueError, match=rf"net{suffix}: unknown layer class 'Scale'"):
        load_model(path)


def test_an_optimizer_that_is_unknown_is_left_out_with_a_warning(
    tmp_path: Path, suffix: str
) -> None:
    model = trained(stack())
    model.compiled.get_config = lambda: {
        "optimizer": {"class_name": "Evil", "config": {}},
        "loss": "mse",
        "metrics": [],
    }
    model.save(tmp_path / f"net{suffix}")
    with pytest.warns(UserWarning, match="loaded as not compiled"):
        again = load_model(tmp_path / f"net{suffix}")
    assert again.optimizer is None


def test_an_optimizer_state_that_does_not_fit_starts_afresh(tmp_path: Path, suffix: str) -> None:
    model = trained(stack())
    model.layers[0].trainable = False
    path = tmp_path / f"net{suffix}"
    model.save(path)
    model.layers[0].trainable = True
    if suffix == ".keras":  # give the file the state of all weights, its layers frozen
        with h5py.File(tmp_path / "a.h5", "w") as file:
            for i, array in enumerate([np.int64(3), np.float32(0.1), *[np.ones(5, "f4")] * 4]):
                file[f"optimizer/vars/{i}"] = array
            copy_weights(path, file)
        replace_member(path, "model.weights.h5", (tmp_path / "a.h5").read_bytes())
    else:
        with h5py.File(path, "r") as old, h5py.File(tmp_path / "b.h5", "w") as new:
            for name in ("model_weights", "optimizer_weights"):
                old.copy(name, new)
            new.attrs.update({k: v for k, v in old.attrs.items() if k != "pyconv_version"})
            names = new["optimizer_weights"].attrs["weight_names"]
            new["optimizer_weights"].attrs["weight_names"] = names[:3]
        path = tmp_path / "b.h5"
    with pytest.warns(UserWarning, match="the optimizer starts afresh"):
        again = load_model(path)
    assert again.optimizer.iterations == 0


def copy_weights(path: Path, target: Any) -> None:
    with zipfile.ZipFile(path) as archive, archive.open("model.weights.h5") as member:
        (path.parent / "w.h5").write_bytes(member.read())
    with h5py.File(path.parent / "w.h5") as source:
        for name in ("layers", "vars"):
            source.copy(name, target)


def replace_member(path: Path, name: str, data: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {n: archive.read(n) for n in archive.namelist()}
    members[name] = data
    metadata = json.loads(members["metadata.json"])
    del metadata["pyconv"]
    members["metadata.json"] = json.dumps(metadata).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)


def test_without_h5py_the_message_says_what_to_install(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"net{suffix}"
    stack().save(path)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(ImportError, match=rf"load_model: reading \{suffix} needs h5py; pip"):
        load_model(path)
    with pytest.raises(ImportError, match=rf"save: writing \{suffix} needs h5py; pip"):
        stack().save(tmp_path / f"other{suffix}")
    assert os.listdir(tmp_path) == [path.name]


def test_a_model_is_told_by_its_content(tmp_path: Path, suffix: str) -> None:
    model: Model = stack()
    path = tmp_path / f"net{suffix}"
    model.save(path)
    other = tmp_path / {".keras": "net.h5", ".h5": "net.keras"}[suffix]
    path.rename(other)
    with pytest.raises(ValueError, match=rf"{other.name}: .*, not .*, as {other.suffix} is"):
        load_model(other)
    other.rename(tmp_path / "net.npz")
    with pytest.raises(ValueError, match=r"net\.npz: "):
        load_model(tmp_path / "net.npz")


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"fifo{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    (tmp_path / f"zero{suffix}").symlink_to("/dev/zero")
    for name in ("fifo", "folder", "zero"):
        for call in (load_model, stack().load_weights):
            if suffix == ".h5" or call is load_model:
                with pytest.raises(ValueError, match=rf"{name}{suffix}: not a regular file"):
                    call(tmp_path / f"{name}{suffix}")
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / f"nowhere{suffix}")


def test_checkpoints_have_either_form(tmp_path: Path, suffix: str) -> None:
    weights = suffix == ".h5"
    path = tmp_path / (f"net.weights{suffix}" if weights else f"net{suffix}")
    model = stack()
    model.compile("adam", "sparse_categorical_crossentropy")
    checkpoint = pyconv.callbacks.ModelCheckpoint(path, save_weights_only=weights)
    model.fit(X, Y, epochs=1, verbose=0, callbacks=[checkpoint])
    if weights:
        again = stack()
        again.load_weights(path)
    else:
        again = load_model(path)
    assert_same_bits(again.get_weights(), model.get_weights())

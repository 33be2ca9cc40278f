# SPDX-License-Identifier: BSD-3-Clause
"""Weights alone in .weights.h5, .h5 and .npz, here and in Keras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compare import assert_same_bits

import pyconv
from pyconv import Input, Model, Sequential, layers
from pyconv.models import load_model

h5py = pytest.importorskip("h5py")
SUFFIXES = (".weights.h5", ".h5", ".npz")


def network(library: Any = pyconv, dtype: str = "float32") -> Any:
    """Return a graph with two layers of one class, a model inside, and a slope per channel."""
    layers = library.layers
    x = library.Input(shape=(6, 6, 2), dtype=dtype)
    y = layers.Conv2D(3, 3, padding="same", dtype=dtype)(x)
    y = layers.PReLU(shared_axes=[1, 2], dtype=dtype)(y)
    y = layers.Add(dtype=dtype)([y, layers.Conv2D(3, 1, dtype=dtype)(y)])
    inside = library.Sequential(
        [
            layers.Input(shape=(6, 6, 3), dtype=dtype),
            layers.Flatten(dtype=dtype),
            layers.Dense(4, dtype=dtype),
            layers.Dense(2, use_bias=False, dtype=dtype),
        ]
    )
    return library.Model(x, inside(y))


def filled(model: Any, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_weights_go_out_and_back(tmp_path: Path, suffix: str, dtype: str) -> None:
    model = filled(network(dtype=dtype))
    path = tmp_path / f"net{suffix}"
    model.save_weights(path)
    other = filled(network(dtype=dtype), 1)
    assert [x.name for x in other.layers] != [x.name for x in model.layers], "position counts"
    other.load_weights(path)
    assert_same_bits(other.get_weights(), model.get_weights())
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_weights_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    model = filled(network())
    for name in "ab":
        model.save_weights(tmp_path / f"{name}{suffix}")
    a, b = (tmp_path / f"{name}{suffix}" for name in "ab")
    assert a.read_bytes() == b.read_bytes()


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", SUFFIXES[:2])
def test_keras_reads_weights_written_here(tmp_path: Path, keras: Any, suffix: str) -> None:
    model, theirs = filled(network()), network(keras)
    model.save_weights(tmp_path / f"net{suffix}")
    theirs.load_weights(tmp_path / f"net{suffix}")
    assert_same_bits(theirs.get_weights(), model.get_weights())


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("suffix", SUFFIXES[:2])
def test_weights_written_by_keras_are_read(tmp_path: Path, keras: Any, suffix: str) -> None:
    model, theirs = network(), filled(network(keras))
    if suffix == ".h5":
        theirs.save(tmp_path / "net.h5")  # Keras 3 writes no others of this kind
    else:
        theirs.save_weights(tmp_path / f"net{suffix}")
    model.load_weights(tmp_path / f"net{suffix}")
    assert_same_bits(model.get_weights(), theirs.get_weights())


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
def test_layers_of_one_s_own_lie_where_keras_puts_them(tmp_path: Path, keras: Any) -> None:
    def make(library: Any) -> Any:
        class Block(library.layers.Layer):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.z = library.layers.Dense(2)
                self.many = [library.layers.Dense(2), library.layers.Dense(2)]

            def build(self, shape: Any) -> None:
                self.scale = self.add_weight(shape=(2,), name="scale")
                for layer in (self.z, *self.many):
                    if not layer.built:
                        layer.build((None, 2))
                        layer.built = True

            def call(self, x: Any) -> Any:
                return self.many[1](self.many[0](self.z(x * self.scale)))

        model = library.Sequential([library.layers.Input(shape=(2,)), Block()])
        return filled(model)

    make(pyconv).save_weights(tmp_path / "net.weights.h5")
    make(keras).save_weights(tmp_path / "keras.weights.h5")

    def tree(name: str) -> dict[str, Any]:
        found = {}
        with h5py.File(tmp_path / name) as file:
            file.visititems(
                lambda p, o: found.update({p: o.shape}) if isinstance(o, h5py.Dataset) else None
            )
        return found

    assert tree("net.weights.h5") == tree("keras.weights.h5")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_differences_stand_in_one_error_and_nothing_changes(
    tmp_path: Path, suffix: str
) -> None:
    def net(a: int, b: int, count: int = 1) -> Sequential:
        body = [layers.Dense(b) for _ in range(count)]
        return filled(Sequential([Input(shape=(3,)), layers.Dense(a), *body]))

    path = tmp_path / f"net{suffix}"
    net(4, 5).save_weights(path)
    other = net(6, 7)
    before = other.get_weights()
    with pytest.raises(ValueError, match=rf"load_weights: .*net{suffix}: weights differ") as caught:
        other.load_weights(path)
    for part in ("(3, 4), expected (3, 6)", "(5,), expected (7,)"):
        assert part in str(caught.value)
    for count in (0, 2):
        with pytest.raises(ValueError, match="weights differ"):
            net(4, 5, count).load_weights(path)
    assert_same_bits(other.get_weights(), before)


def test_by_name_fills_layers_of_the_same_names(tmp_path: Path) -> None:
    def net(*names: str) -> Sequential:
        stack = [layers.Dense(3, name=name) for name in names]
        return Sequential([Input(shape=(3,)), *stack])

    source, target = filled(net("a", "b")), filled(net("b", "c"), 1)
    path = tmp_path / "net.h5"
    source.save_weights(path)
    before = target.get_weights()
    target.load_weights(path, by_name=True)
    assert_same_bits(target.get_weights(), source.get_weights()[2:] + before[2:])
    source.save_weights(tmp_path / "net.weights.h5")
    with pytest.raises(ValueError, match="by_name=True; only"):
        target.load_weights(tmp_path / "net.weights.h5", by_name=True)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".npz"])
def test_weights_of_a_whole_model_are_read(tmp_path: Path, suffix: str) -> None:
    model = filled(network())
    model.save(tmp_path / f"net{suffix}")
    other = network()
    other.load_weights(tmp_path / f"net{suffix}")
    assert_same_bits(other.get_weights(), model.get_weights())


def test_weights_alone_are_no_model(tmp_path: Path) -> None:
    model = network()
    model.save_weights(tmp_path / "net.npz")
    with pytest.raises(ValueError, match="this version reads"):
        load_model(tmp_path / "net.npz")
    model.save_weights(tmp_path / "net.h5")
    with pytest.raises(ValueError, match="holds weights but no model"):
        load_model(tmp_path / "net.h5")


def test_names_longer_than_an_attribute_are_split(tmp_path: Path) -> None:
    def net() -> Sequential:
        stack = [layers.Dense(1, name=f"{'x' * 110}{i}", use_bias=False) for i in range(620)]
        return filled(Sequential([Input(shape=(1,)), *stack]))

    model = net()
    model.save_weights(tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5") as file:
        assert {"layer_names0", "layer_names1"} <= set(file.attrs)
    other = Sequential([Input(shape=(1,)), *(layers.Dense(1, use_bias=False) for _ in range(620))])
    other.load_weights(tmp_path / "net.h5")
    assert_same_bits(other.get_weights(), model.get_weights())


def test_half_precision_becomes_the_models(tmp_path: Path) -> None:
    model = Sequential([Input(shape=(2,)), layers.Dense(1, use_bias=False)])
    with h5py.File(tmp_path / "net.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.array([[0.5], [2.0]], np.float16)
    model.load_weights(tmp_path / "net.weights.h5")
    assert_same_bits(model.get_weights(), [np.array([[0.5], [2.0]], np.float32)])


def test_an_unbuilt_model_is_refused(tmp_path: Path) -> None:
    model = Sequential([layers.Dense(2)])
    with pytest.raises(ValueError, match=r"save_weights: .* is not built"):
        model.save_weights(tmp_path / "net.h5")
    with pytest.raises(ValueError, match=r"load_weights: .* is not built"):
        model.load_weights(tmp_path / "net.h5")
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("name", ["net", "net.pt", "net.keras.txt", "net.pkl"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    model = network()
    for call in (model.save_weights, model.load_weights):
        with pytest.raises(ValueError, match=r"must end in .*\.weights\.h5 or \.h5 or \.npz"):
            call(tmp_path / name)


def test_without_h5py_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    text = r"save_weights: writing \.h5 needs h5py; pip install h5py"
    with pytest.raises(ImportError, match=text):
        network().save_weights(tmp_path / "net.h5")
    (tmp_path / "net.weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(ImportError, match=r"load_weights: reading \.weights\.h5 needs h5py; pip"):
        network().load_weights(tmp_path / "net.weights.h5")
    assert os.listdir(tmp_path) == ["net.weights.h5"]


def test_a_model_says_which_file_is_no_such_file(tmp_path: Path) -> None:
    model: Model = network()
    for name, text in (
        ("empty.h5", "the file is empty"),
        ("zip.h5", "a zip archive, not an HDF5 file"),
        ("text.h5", "not an HDF5 file"),
        ("head.h5", "not a readable HDF5 file"),
    ):
        data = {"e": b"", "z": b"PK\3\4", "t": b"hello", "h": b"\x89HDF\r\n\x1a\n"}[name[0]]
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ValueError, match=f"{name}: {text}"):
            model.load_weights(tmp_path / name)

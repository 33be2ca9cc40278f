# SPDX-License-Identifier: BSD-3-Clause
"""Files that are damaged, foreign or built to harm: a ValueError names file and reason."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit import audited

from pyconv import layers
from pyconv.models import Sequential, load_model
from pyconv.saving.archive import write_archive
from pyconv.saving.checksum import PLACE, seal

Arrays = dict[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """Return the members of a good file."""
    model = Sequential(
        [
            layers.Conv2D(2, 3, input_shape=(4, 4, 1), name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="head"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(np.ones((4, 4, 4, 1)), np.arange(4) % 3, verbose=0)
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"pyconv-hostile-{os.getpid()}.npz"
    try:
        model.save(path)
        with np.load(path) as file:
            return {name: file[name] for name in file.files}
    finally:
        path.unlink()


def text_of(config: Any) -> np.ndarray[Any, Any]:
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    return np.frombuffer(text, np.uint8)


def edited(arrays: Arrays, edit: Callable[[Any], Any]) -> Arrays:
    """Return the members with an edited configuration."""
    config = json.loads(arrays["config"].tobytes())
    result = edit(config)
    return {**arrays, "config": text_of(config if result is None else result)}


def layer(config: Any, index: int) -> Any:
    return config["model"]["config"]["layers"][index]


def put(place: Any, key: Any, value: Any) -> None:
    place[key] = value


def load(path: Path, members: Arrays) -> Any:
    with path.open("w+b") as file:
        write_archive(file, members)
    return load_model(path)


def test_the_unedited_file_loads(tmp_path: Path, arrays: Arrays) -> None:
    model = load(tmp_path / "good.npz", edited(arrays, lambda config: None))
    np.testing.assert_array_equal(model.get_weights()[0], arrays["weights/conv/kernel"])
    assert model.optimizer.iterations == 1


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


CONFIGS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "unknown layer": (lambda c: put(layer(c, 1), "class_name", "Lambda"), "unknown layer class"),
    "dotted class": (lambda c: put(layer(c, 1), "class_name", "os.system"), "unknown layer class"),
    "class by number": (lambda c: put(layer(c, 1), "class_name", 7), "unknown layer class"),
    "registered elsewhere": (
        lambda c: put(layer(c, 1), "registered_name", "evil>Conv2D"),
        "registered as 'evil>Conv2D'",
    ),
    "unknown argument": (
        lambda c: put(layer(c, 1)["config"], "function", "os.system"),
        "unknown argument 'function'",
    ),
    "no config": (lambda c: put(layer(c, 1), "config", None), "not a dictionary"),
    "filters as text": (lambda c: put(layer(c, 1)["config"], "filters", "2"), "filters='2'"),
    "filters too many": (lambda c: put(layer(c, 1)["config"], "filters", 2**30), "more bytes"),
    "units beyond int": (lambda c: put(layer(c, 3)["config"], "units", 2**50), "units="),
    "units as bool": (lambda c: put(layer(c, 3)["config"], "units", True), "units=True"),
    "stride 0": (lambda c: put(layer(c, 1)["config"], "strides", [0, 1]), "strides"),
    "padding nested": (lambda c: put(layer(c, 1)["config"], "padding", [[[1]]]), "padding"),
    "activation unknown": (
        lambda c: put(layer(c, 1)["config"], "activation", "exec"),
        "identifier='exec'",
    ),
    "activation as dict": (
        lambda c: put(layer(c, 1)["config"], "activation", {"class_name": "function"}),
        "activations.get",
    ),
    "initializer unknown": (
        lambda c: put(layer(c, 1)["config"], "kernel_initializer", {"class_name": "Evil"}),
        "class_name='Evil'",
    ),
    "name with a path": (lambda c: put(layer(c, 1)["config"], "name", "../x"), "name='../x'"),
    "name twice": (lambda c: put(layer(c, 3)["config"], "name", "conv"), "taken"),
    "layers missing": (lambda c: c["model"]["config"].pop("layers") and None, "no list of layers"),
    "model is a layer": (lambda c: put(c, "model", layer(c, 3)), "not a model"),
    "batch shape huge": (
        lambda c: put(layer(c, 0)["config"], "batch_shape", [None, 2**30, 2**30, 1]),
        "elements; must be",
    ),
    "format of tomorrow": (lambda c: put(c, "format", "pyconv model 2"), "this version reads"),
    "extra key": (lambda c: put(c, "code", "import os"), "has keys"),
    "iterations negative": (lambda c: put(c, "iterations", -1), "iterations=-1"),
    "iterations as text": (lambda c: put(c, "iterations", "1"), "iterations='1'"),
    "random state": (lambda c: put(c["random"], "state", "x"), "random state"),
    "random state missing": (lambda c: put(c, "random", 3), "random state"),
    "not JSON": (lambda c: b"{", "not valid JSON"),
    "not an object": (lambda c: b"[]", "not a JSON object"),
    "not UTF-8": (lambda c: b'{"a": "\xff"}', "not valid JSON"),
    "deep": (lambda c: b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
    "rather deep": (lambda c: put(c, "model", nested(80)), "nested too deeply"),
    "NaN": (lambda c: b'{"a": NaN}', "NaN is not a number"),
    "1e999": (lambda c: b'{"a": 1e999}', "too large"),
    "many digits": (lambda c: b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
    "key twice": (lambda c: b'{"a": 1, "a": 2}', "twice"),
    "long": (lambda c: b'{"a": "' + b"x" * (1 << 22) + b'"}', "bytes; at most"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_hostile_configurations_are_refused(tmp_path: Path, arrays: Arrays, name: str) -> None:
    edit, message = CONFIGS[name]
    path = tmp_path / "bad.npz"
    with pytest.raises(ValueError, match=rf"load_model: .*bad\.npz: .*{message}"):
        load(path, edited(arrays, edit))


@pytest.mark.parametrize(
    "edit",
    [
        lambda c: put(c["compile"], "loss", {"class_name": "Lambda", "config": {}}),
        lambda c: put(c["compile"]["optimizer"], "class_name", "Evil"),
        lambda c: put(c["compile"]["optimizer"]["config"], "learning_rate", -1),
        lambda c: put(c["compile"], "metrics", ["evil"]),
        lambda c: put(c["compile"], "code", 1),
        lambda c: put(c, "compile", "adam"),
    ],
)
def test_a_compile_state_that_is_none_is_dropped_with_a_warning(
    tmp_path: Path, arrays: Arrays, edit: Callable[[Any], Any]
) -> None:
    with pytest.warns(UserWarning, match="loaded as not compiled"):
        model = load(tmp_path / "net.npz", edited(arrays, edit))
    assert model.optimizer is None


def test_all_differences_of_weights_stand_in_one_error(tmp_path: Path, arrays: Arrays) -> None:
    bad = {
        **arrays,
        "weights/conv/kernel": np.ones((3, 3, 1, 3), np.float32),
        "weights/head/bias": np.ones(3),
        "weights/more/kernel": np.ones(3, np.float32),
    }
    del bad["weights/conv/bias"]
    with pytest.raises(ValueError, match="weights differ") as caught:
        load(tmp_path / "net.npz", bad)
    for part in (
        "weights/conv/bias is missing",
        "weights/more/kernel is not expected",
        "weights/conv/kernel is float32(3, 3, 1, 3), expected float32(3, 3, 1, 2)",
        "weights/head/bias is float64(3,), expected float32(3,)",
    ):
        assert part in str(caught.value)


def test_optimizer_states_must_fit(tmp_path: Path, arrays: Arrays) -> None:
    path = tmp_path / "net.npz"
    with pytest.raises(ValueError, match=r"optimizer/m/conv/bias is float32\(3,\)"):
        load(path, {**arrays, "optimizer/m/conv/bias": np.ones(3, np.float32)})
    with pytest.raises(ValueError, match="belong to no weight"):
        load(path, {**arrays, "optimizer/m/other/bias": np.ones(3, np.float32)})
    fewer = dict(arrays)
    del fewer["optimizer/m/conv/bias"]
    with pytest.raises(ValueError, match=r"the optimizer has \['m', 'v'\], the file \['v'\]"):
        load(path, fewer)


def test_every_cut_and_every_changed_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    Sequential([layers.Dense(1, input_shape=(1,))]).save(path)
    good = path.read_bytes()
    load_model(path)

    def refused() -> bool:
        with pytest.raises(ValueError, match=r"net\.npz: "):
            load_model(path)
        return True

    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(good):
            os.pwrite(file.fileno(), bytes([byte ^ (1 << (place % 8))]), place)
            assert refused()
            os.pwrite(file.fileno(), bytes([byte]), place)
        load_model(path)
        os.pwrite(file.fileno(), b"\0", len(good))
        assert refused(), "something was added"
        for size in reversed(range(len(good))):
            file.truncate(size)
            assert refused()


def sealed(data: bytes) -> bytes:
    """Return a zip with a comment that is a fitting checksum, as an attacker would."""
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = PLACE
    seal(buffer)
    return buffer.getvalue()


def zipped(members: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def npy(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


ARRAY = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", b"{}")
U1 = "{'descr': '|u1', 'fortran_order': False, 'shape': "
F8 = "{'descr': '<f8', 'fortran_order': False, 'shape': "
BOMBS: dict[str, tuple[bytes, str]] = {
    "compressed": (zipped([("config.npy", ARRAY)], zipfile.ZIP_DEFLATED), "not a plain .npy"),
    "a bomb": (zipped([("config.npy", bytes(10**7))], zipfile.ZIP_DEFLATED), "not a plain .npy"),
    "no member": (zipped([]), "member 'config' is missing"),
    "weights alone": (zipped([("a.npy", ARRAY)]), "holds arrays but no model"),
    "another member": (zipped([("config.npy", ARRAY), ("../../x", b"")]), r"'\.\./\.\./x'"),
    "huge shape": (
        zipped(
            [
                (
                    "config.npy",
                    npy(U1 + "(1125899906842624,), }"),
                )
            ]
        ),
        "does not fit its size",
    ),
    "shape that overflows": (
        zipped(
            [
                (
                    "config.npy",
                    npy(F8 + "(4294967296, 4294967296), }"),
                )
            ]
        ),
        "does not fit its size",
    ),
    "objects": (
        zipped([("config.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"))]),
        "not an array of numbers",
    ),
    "code in a header": (
        zipped([("config.npy", npy("{'descr': __import__('os'), 'fortran_order': False}"))]),
        "not an array of numbers",
    ),
    "not npy": (zipped([("config.npy", b"text")]), "not an array of numbers"),
    "empty member": (zipped([("config.npy", b"")]), "not an array of numbers"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_archives_are_refused(tmp_path: Path, name: str) -> None:
    data, message = BOMBS[name]
    path = tmp_path / "bad.npz"
    path.write_bytes(sealed(data))
    with pytest.raises(ValueError, match=rf"bad\.npz: .*{message}"):
        load_model(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(sealed(zipped([("config.npy", ARRAY), ("config.npy", ARRAY)])))
    with pytest.raises(ValueError, match="stands there twice"):
        load_model(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"P", "not a .npz archive"),
        (b"PK", "cut short"),
        (b"hello, world", "not a .npz archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
        (b"PK\x03\x04" + bytes(50) + PLACE, "damaged"),
        (sealed(zipped([]))[:-1] + b"z", "damaged"),
        (zipped([("config.json", b"{}")]), "cut short, or not written by pyconv"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "other.npz"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=rf"other\.npz: {message}"):
        load_model(path)


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.npz")
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "zero.npz").symlink_to("/dev/zero")
    for name in ("fifo", "folder", "zero"):
        with pytest.raises(ValueError, match=rf"{name}\.npz: not a regular file"):
            load_model(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nowhere.npz")


def test_loading_opens_one_file_and_runs_nothing(tmp_path: Path, arrays: Arrays) -> None:
    path = tmp_path / "net.npz"
    load(path, arrays)
    with audited() as events:
        load_model(path)
    opened = [event for event in events if event.startswith("open ")]
    assert len(opened) == 2, "the path, then its descriptor"
    assert str(path) in opened[0]
    assert opened == events

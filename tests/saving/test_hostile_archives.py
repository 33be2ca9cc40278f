# SPDX-License-Identifier: BSD-3-Clause
""".keras files that are damaged or built to harm: a ValueError names file and reason, soon."""

from __future__ import annotations

import json
import os
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit import audited

from pyconv import Input, Sequential, layers
from pyconv.models import load_model

pytest.importorskip("h5py")
QUICK = 5.0  # seconds of the processor
MODEST = 64 << 20  # bytes
Members = dict[str, bytes]


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Members:
    """Return the members of a file as Keras would write it."""
    path = tmp_path_factory.mktemp("good") / "net.keras"
    model = Sequential([Input(shape=(3,)), layers.Dense(2, name="d")])
    model.compile("adam", "mse")
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    return {**found, "metadata.json": b'{"keras_version": "3.15.1"}'}


def write(path: Path, members: Members, compression: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def config_edited(members: Members, edit: Callable[[Any], Any]) -> Members:
    config = json.loads(members["config.json"])
    edit(config)
    return {**members, "config.json": json.dumps(config).encode()}


def dense(config: Any) -> Any:
    return config["config"]["layers"][1]


def put(place: Any, key: str, value: Any) -> None:
    place[key] = value


def link(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o120777 << 16
    return info


LAMBDA = {
    "class_name": "Lambda",
    "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wAA"}}},
}
CONFIGS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "code": (lambda c: dense(c).update(LAMBDA), "unknown layer class 'Lambda'"),
    "a function elsewhere": (
        lambda c: dense(c).update(module="os", class_name="system"),
        "unknown layer class 'system'",
    ),
    "registered elsewhere": (
        lambda c: put(dense(c), "registered_name", "evil>Dense"),
        "registered as 'evil>Dense'",
    ),
    "code as an activation": (
        lambda c: put(dense(c)["config"], "activation", {"class_name": "__lambda__"}),
        "activations.get",
    ),
    "a function as an activation": (
        lambda c: put(
            dense(c)["config"],
            "activation",
            {"module": "builtins", "class_name": "function", "config": "eval"},
        ),
        "activations.get|identifier",
    ),
    "a path": (
        lambda c: put(dense(c)["config"], "vocabulary", "/etc/passwd"),
        "unknown argument 'vocabulary'",
    ),
    "units beyond memory": (lambda c: put(dense(c)["config"], "units", 2**30), "more bytes"),
    "no layers": (lambda c: c["config"].pop("layers"), "no list of layers"),
    "a layer alone": (lambda c: c.update(dense(c)), "holds a Dense, not a model"),
    "layers in layers": (
        lambda c: put(c["config"], "layers", nested(c, 100)),
        "nested too deeply",
    ),
}


def nested(config: Any, depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [{"class_name": "Sequential", "config": {"layers": value}}]
    return value


@pytest.mark.parametrize("name", CONFIGS)
def test_hostile_configurations_are_refused(tmp_path: Path, members: Members, name: str) -> None:
    edit, text = CONFIGS[name]
    write(tmp_path / "bad.keras", config_edited(members, edit))
    with (
        pytest.raises(ValueError, match=rf"bad\.keras: .*({text})"),
        audited() as events,
    ):
        load_model(tmp_path / "bad.keras")
    assert [event for event in events if not event.startswith("open ")] == []


NAMES = ("../x", "/etc/x", "a/../../x", "a\\..\\x", "C:\\x", "./x", "a//b", "x\n", "\u202ex")


@pytest.mark.parametrize("name", NAMES)
def test_members_that_lead_elsewhere_are_refused(
    tmp_path: Path, members: Members, name: str
) -> None:
    write(tmp_path / "bad.keras", {**members, name: b"x"})
    with pytest.raises(ValueError, match=r"bad\.keras: member .* has no name of a model's file"):
        load_model(tmp_path / "bad.keras")
    assert os.listdir(tmp_path) == ["bad.keras"], "nothing is extracted"


def test_a_link_is_refused(tmp_path: Path, members: Members) -> None:
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        for name, data in members.items():
            archive.writestr(link(name) if name == "model.weights.h5" else name, data)
    with pytest.raises(ValueError, match="is a link"):
        load_model(tmp_path / "bad.keras")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_stands_there_twice_is_refused(tmp_path: Path, members: Members) -> None:
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        for name, data in [*members.items(), ("config.json", b"{}")]:
            archive.writestr(name, data)
    with pytest.raises(ValueError, match="stands there twice"):
        load_model(tmp_path / "bad.keras")


MEMBERS: dict[str, tuple[dict[str, bytes | None], str]] = {
    "no configuration": ({"config.json": None}, "member 'config.json' is missing"),
    "no metadata": ({"metadata.json": None}, "member 'metadata.json' is missing"),
    "no weights": ({"model.weights.h5": None}, "member 'model.weights.h5' is missing"),
    "weights that are none": ({"model.weights.h5": b"PK"}, "not a readable HDF5 file"),
    "weights of Keras alone": ({"model.weights.npz": b""}, r"an \.npz that only Keras reads"),
    "weights in parts": ({"model.weights.json": b"{}"}, "split over several files"),
    "a long configuration": ({"config.json": b" " * (5 << 20)}, "bytes; at most"),
    "deep metadata": ({"metadata.json": b'{"a":' + b"[" * 90_000}, "not valid|too deeply"),
    "no JSON": ({"config.json": b"\xff"}, "not valid JSON"),
    "a list": ({"config.json": b"[]"}, "not a JSON object"),
    "not a number": ({"config.json": b'{"a": Infinity}'}, "is not a number"),
    "an unsealed file of ours": ({"metadata.json": b'{"pyconv": {}}'}, "cut short or changed"),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_hostile_members_are_refused(tmp_path: Path, members: Members, name: str) -> None:
    edit, text = MEMBERS[name]
    content = {k: v for k, v in {**members, **edit}.items() if v is not None}
    write(tmp_path / "bad.keras", content)
    with pytest.raises(ValueError, match=rf"bad\.keras: .*({text})"):
        load_model(tmp_path / "bad.keras")


def test_bombs_are_refused_before_they_grow(tmp_path: Path, members: Members) -> None:
    path = tmp_path / "bad.keras"
    bomb = {**members, "model.weights.h5": bytes(200 << 20)}
    write(path, bomb, zipfile.ZIP_DEFLATED)
    del bomb
    assert path.stat().st_size < 1 << 20
    tracemalloc.start()
    begin = time.process_time()
    with pytest.raises(ValueError, match="is compressed; must be stored"):
        load_model(path)
    assert time.process_time() - begin < QUICK
    assert tracemalloc.get_traced_memory()[1] < MODEST
    tracemalloc.stop()


@pytest.mark.parametrize("size", [0, 1, 2**31, 2**32 - 2])
def test_sizes_that_are_not_true_are_refused(tmp_path: Path, members: Members, size: int) -> None:
    path = tmp_path / "bad.keras"
    write(path, members)
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\1\2")  # the last member's entry in the directory
    assert data[entry + 46 :].startswith(b"model.weights.h5")
    data[entry + 20 : entry + 28] = struct.pack("<II", size, size)
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"bad\.keras: "):
        load_model(path)


def test_every_cut_and_every_changed_bit_of_ours_is_found(tmp_path: Path) -> None:
    path = tmp_path / "net.keras"
    Sequential([Input(shape=(1,)), layers.Dense(1)]).save(path)
    data = path.read_bytes()
    load_model(path)
    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(data):
            os.pwrite(file.fileno(), bytes([byte ^ (1 << (place % 8))]), place)
            with pytest.raises(ValueError, match=r"net\.keras: "):
                load_model(path)
            os.pwrite(file.fileno(), bytes([byte]), place)
        load_model(path)
        for size in reversed(range(len(data))):
            file.truncate(size)
            with pytest.raises(ValueError, match=r"net\.keras: "):
                load_model(path)


def test_changed_bits_of_weights_that_keras_wrote_are_found(
    tmp_path: Path, members: Members
) -> None:
    path = tmp_path / "net.keras"
    write(path, members)
    good = load_model(path).get_weights()
    data = bytearray(path.read_bytes())
    start = data.index(good[0].tobytes())
    for place in range(start, start + good[0].nbytes):
        data[place] ^= 1
        path.write_bytes(data)
        with pytest.raises(ValueError, match="Bad CRC-32"):
            load_model(path)
        data[place] ^= 1


def test_loading_opens_one_file_and_runs_nothing(tmp_path: Path, members: Members) -> None:
    path = tmp_path / "net.keras"
    write(path, members)
    model = load_model(path)
    with audited() as events:
        load_model(path)
    opened = [event for event in events if event.startswith("open ")]
    assert len(opened) == 2, "the path, then its descriptor"
    assert str(path) in opened[0]
    assert opened == events
    assert isinstance(model.get_weights()[0], np.ndarray)

# SPDX-License-Identifier: BSD-3-Clause
"""HDF5 files that are damaged or built to harm: a ValueError names file and reason, soon."""

from __future__ import annotations

import io
import json
import os
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit import audited
from compare import assert_same_bits

from pyconv import Input, Sequential, layers
from pyconv.models import load_model

h5py = pytest.importorskip("h5py")
KERNEL = "layers/dense/vars/0"
LEGACY = "model_weights/d/d/kernel"
QUICK = 5.0  # seconds of the processor
MODEST = 32 << 20  # bytes


def network() -> Sequential:
    return Sequential([Input(shape=(3,)), layers.Dense(2, name="d")])


def good(suffix: str) -> dict[str, Any]:
    """Return arrays and attributes of a file as Keras would write it, by path."""
    if suffix == ".weights.h5":
        return {KERNEL: np.ones((3, 2), "f4"), "layers/dense/vars/1": np.ones(2, "f4")}
    model = network()
    model.compile("adam", "mse")
    buffer = io.BytesIO()
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"pyconv-hostile-{os.getpid()}.h5"
    try:
        model.save(path)
        buffer.write(path.read_bytes())
    finally:
        path.unlink()
    found: dict[str, Any] = {}
    with h5py.File(buffer, "r") as file:
        found.update({f"@{k}": v for k, v in file.attrs.items() if not k.startswith("pyconv")})

        def visit(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset):
                found[name] = item[()]
            found.update({f"{name}@{k}": v for k, v in item.attrs.items()})

        file.visititems(visit)
    return found


def write(path: Path, content: dict[str, Any]) -> None:
    with h5py.File(path, "w") as file:
        for name, value in content.items():
            place, _, attribute = name.partition("@")
            if not attribute:
                file[name] = value
        for name, value in content.items():
            place, at, attribute = name.partition("@")
            if at:
                file.require_group(place or "/").attrs[attribute] = value


def replaced(file: Any, place: str, make: Callable[[Any, str], Any]) -> None:
    group, name = file[place].parent, place.rpartition("/")[2]
    del group[name]
    make(group, name)


def virtual(group: Any, name: str) -> None:
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[...] = h5py.VirtualSource("other.h5", "x", (3, 2))
    group.create_virtual_dataset(name, layout)


def external(group: Any, name: str) -> None:
    group.create_dataset(name, (3, 2), "f4", external=[("/etc/passwd", 0, 24)])


def cycle(group: Any, name: str) -> None:
    group.create_group(name)["again"] = group


Make = Callable[[Any, str], Any]
ARRAYS: dict[str, tuple[Make, str]] = {
    "a soft link": (lambda g, n: g.update({n: h5py.SoftLink("/other")}), "a link to elsewhere"),
    "a link to itself": (lambda g, n: g.update({n: h5py.SoftLink(n)}), "a link to elsewhere"),
    "an external link": (
        lambda g, n: g.update({n: h5py.ExternalLink("other.h5", "x")}),
        "a link to elsewhere",
    ),
    "a virtual array": (virtual, "lie in other files"),
    "external storage": (external, "lie in other files"),
    "a shape of 4 PiB": (lambda g, n: g.create_dataset(n, (2**50,), "f4"), "does not fit its size"),
    "a shape that overflows": (
        lambda g, n: g.create_dataset(n, (2**31, 2**31), "f4", chunks=(1, 1)),
        "does not fit its size",
    ),
    "an array never written": (
        lambda g, n: g.create_dataset(n, (3, 2), "f4", chunks=(1, 1)),
        "does not fit its size",
    ),
    "compressed zeros": (
        lambda g, n: g.create_dataset(n, data=np.zeros(10**6, "f4"), compression="gzip"),
        "compressed or filtered",
    ),
    "an unknown filter": (
        lambda g, n: g.create_dataset(n, (3, 2), "f4", chunks=(3, 2), shuffle=True),
        "compressed or filtered",
    ),
    "another shape": (
        lambda g, n: g.create_dataset(n, data=np.ones((3, 4), "f4")),
        r"\(3, 4\), expected \(3, 2\)",
    ),
    "a scalar": (lambda g, n: g.create_dataset(n, data=np.float32(1)), r"\(\), expected \(3, 2\)"),
    "integers": (
        lambda g, n: g.create_dataset(n, data=np.ones((3, 2), "i4")),
        "int32, expected float32",
    ),
    "text": (lambda g, n: g.create_dataset(n, data=["a", "b"]), "holds no plain numbers"),
    "records": (
        lambda g, n: g.create_dataset(n, (3, 2), [("a", "f4"), ("b", "f4")]),
        "holds no plain numbers",
    ),
    "references": (
        lambda g, n: g.create_dataset(n, (3, 2), h5py.ref_dtype),
        "holds no plain numbers",
    ),
    "opaque bytes": (
        lambda g, n: g.create_dataset(n, (3, 2), np.dtype("V4")),
        "holds no plain numbers",
    ),
    "no array": (lambda g, n: None, "is missing"),
    "a group": (cycle, "is no array"),
    "a type": (lambda g, n: g.update({n: np.dtype("f4")}), "neither a group nor an array"),
    "an empty array": (
        lambda g, n: g.create_dataset(n, data=h5py.Empty("f4")),
        "damaged|not|expected|NoneType",
    ),
}


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
@pytest.mark.parametrize("name", ARRAYS)
def test_hostile_arrays_are_refused(tmp_path: Path, suffix: str, name: str) -> None:
    make, text = ARRAYS[name]
    path, model = tmp_path / f"bad{suffix}", network()
    write(path, good(suffix))
    write(tmp_path / "other.h5", {"x": np.ones((3, 2), "f4")})
    before = model.get_weights()
    model.load_weights(path)
    model.set_weights(before)
    with h5py.File(path, "r+") as file:
        replaced(file, KERNEL if suffix == ".weights.h5" else LEGACY, make)
    calls: list[Callable[[Path], Any]] = [model.load_weights]
    calls += [] if suffix == ".weights.h5" else [load_model]
    for call in calls:
        tracemalloc.start()
        begin = time.process_time()
        with pytest.raises(ValueError, match=rf"bad{suffix}: .*({text})"), audited() as events:
            call(path)
        assert time.process_time() - begin < QUICK
        assert tracemalloc.get_traced_memory()[1] < MODEST
        tracemalloc.stop()
        assert [event for event in events if not event.startswith("open ")] == []
        assert not any("other.h5" in event for event in events)
    assert_same_bits(model.get_weights(), before)


CODE = {"class_name": "Lambda", "config": {"name": "d", "function": ["4wAAAA", None, None]}}
ATTRIBUTES: dict[str, tuple[dict[str, Any], str]] = {
    "no structure": ({"@model_config": None}, "holds weights but no model"),
    "structure by number": ({"@model_config": 7}, "is no text"),
    "structure as an array": ({"@model_config": np.zeros(1000)}, "too large|no text"),
    "structure that is no JSON": ({"@model_config": "{"}, "not valid JSON"),
    "structure that is deep": ({"@model_config": '{"a":' + "[" * 30_000}, "not valid|too deeply"),
    "structure that is long": ({"@model_config": " " * (5 << 20)}, "bytes; at most"),
    "structure that is no text": (
        {"@model_config": np.bytes_(b"\xff\xfe{}")},
        "codec|utf|not valid",
    ),
    "structure with a hole": (
        {"@model_config": '{"class_name": "Sequential", "config": NaN}'},
        "NaN is not a number",
    ),
    "a key twice": ({"@model_config": '{"class_name": "a", "class_name": "b"}'}, "twice"),
    "code": (
        {
            "@model_config": json.dumps(
                {"class_name": "Sequential", "config": {"name": "s", "layers": [CODE]}}
            )
        },
        "unknown layer class 'Lambda'",
    ),
    "code alone": ({"@model_config": json.dumps(CODE)}, "unknown layer class 'Lambda'"),
    "Keras 1": ({"@keras_version": "1.2.2"}, "written by Keras 1.2.2"),
    "Theano": ({"model_weights@backend": "theano"}, "Theano"),
    "no names": ({"model_weights@layer_names": None}, "no attribute 'layer_names'"),
    "names by number": ({"model_weights@layer_names": np.arange(3)}, "is no text"),
    "names that are many": (
        {"model_weights@layer_names": np.array([b"d"] * 60_000)},
        "too large",
    ),
    "a name twice": ({"model_weights@layer_names": [b"d", b"d"]}, "a name twice"),
    "a name of nothing": ({"model_weights@layer_names": [b"none"]}, "0 layers have weights"),
    "a name that climbs": ({"model_weights@layer_names": [b"../d"]}, "no path of a weight"),
    "an absolute name": ({"model_weights@layer_names": [b"/d"]}, "no path of a weight"),
    "an empty name": ({"model_weights@layer_names": [b""]}, "no path of a weight"),
    "a name with a dot": ({"model_weights@layer_names": [b"."]}, "no path of a weight"),
    "a deep weight": ({"model_weights/d@weight_names": [b"a/" * 100 + b"b"]}, "no path"),
    "a weight that climbs": ({"model_weights/d@weight_names": [b"../../x"]}, "no path"),
    "a weight of nothing": ({"model_weights/d@weight_names": [b"d/x"]}, "d/x is missing"),
    "a weight too few": ({"model_weights/d@weight_names": [b"d/bias"]}, "1 weights, expected 2"),
    "weights by number": ({"model_weights/d@weight_names": 3.5}, "is no text"),
}


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_hostile_structures_are_refused(tmp_path: Path, name: str) -> None:
    edit, text = ATTRIBUTES[name]
    content = {k: v for k, v in {**good(".h5"), **edit}.items() if v is not None}
    path = tmp_path / "bad.h5"
    try:
        write(path, content)
    except (OSError, ValueError):  # larger than an attribute may be in h5py's first format
        with h5py.File(path, "w", libver="latest") as file:
            file.attrs.update({k[1:]: v for k, v in edit.items() if k.startswith("@")})
            for place, attribute in (k.split("@") for k in edit if not k.startswith("@")):
                file.require_group(place).attrs[attribute] = edit[f"{place}@{attribute}"]
            file.attrs.setdefault("model_config", content["@model_config"])
    begin = time.process_time()
    with pytest.raises(ValueError, match=rf"bad\.h5: .*({text})"):
        load_model(path)
    assert time.process_time() - begin < QUICK


def test_the_unedited_file_loads(tmp_path: Path) -> None:
    write(tmp_path / "good.h5", good(".h5"))
    assert load_model(tmp_path / "good.h5").optimizer is not None


@pytest.mark.parametrize(
    "config",
    [
        {"optimizer_config": {"class_name": "Evil", "config": {}}, "loss": "mse", "metrics": []},
        {"optimizer_config": 7, "loss": "mse", "metrics": []},
        {"optimizer_config": {"class_name": "Adam", "config": {"decay": "fast"}}, "loss": "mse"},
        {"optimizer_config": {"class_name": "Adam", "config": []}, "loss": "mse"},
        {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": "os.system"},
        {"optimizer_config": {"class_name": "Adam", "config": {}}, "loss": {"class_name": "X"}},
        {
            "optimizer_config": {"class_name": "Adam", "config": {}},
            "loss": "mse",
            "metrics": [{"class_name": "MeanMetricWrapper", "config": {"fn": "eval"}}],
        },
        {},
    ],
)
def test_a_compile_state_that_is_none_is_dropped_with_a_warning(
    tmp_path: Path, config: Any
) -> None:
    write(tmp_path / "net.h5", {**good(".h5"), "@training_config": json.dumps(config)})
    with pytest.warns(UserWarning, match="loaded as not compiled"):
        assert load_model(tmp_path / "net.h5").optimizer is None


@pytest.mark.parametrize("suffix", [".weights.h5", ".h5"])
def test_every_cut_and_every_changed_bit_is_found(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"net{suffix}"
    model = network()
    model.save_weights(path)
    data = path.read_bytes()
    model.load_weights(path)
    with path.open("r+b", buffering=0) as file:
        for place, byte in enumerate(data):
            os.pwrite(file.fileno(), bytes([byte ^ (1 << (place % 8))]), place)
            with pytest.raises(ValueError, match=rf"net{suffix}: "):
                model.load_weights(path)
            os.pwrite(file.fileno(), bytes([byte]), place)
        model.load_weights(path)
        for size in reversed(range(len(data))):
            file.truncate(size)
            with pytest.raises(ValueError, match=rf"net{suffix}: "):
                model.load_weights(path)


def test_loading_opens_one_file_and_runs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    write(path, good(".h5"))
    load_model(path)
    with audited() as events:
        load_model(path)
    opened = [event for event in events if event.startswith("open ")]
    assert len(opened) == 2, "the path, then its descriptor"
    assert str(path) in opened[0]
    assert opened == events


def test_a_damaged_heap_of_texts_ends_in_an_error_not_in_a_loop(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    write(path, good(".h5"))
    data = bytearray(path.read_bytes())
    place = data.index(b"GCOL")
    first = int.from_bytes(data[place + 24 : place + 32], "little")
    for size in (0, first + 8, 2**63, 2**64 - 16):
        data[place + 24 : place + 32] = size.to_bytes(8, "little")
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"net\.h5: damaged: a text does not fit its heap"):
            load_model(path)
    data[place + 24 : place + 32] = first.to_bytes(8, "little")
    data[place + 8 : place + 16] = (2**40).to_bytes(8, "little")
    path.write_bytes(data)
    with pytest.raises(ValueError, match="a heap of texts does not fit the file"):
        load_model(path)


def test_many_names_that_are_one_long_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.h5"
    long = {"@more": "x" * (2 << 20)}
    names = {"model_weights@layer_names": np.array(["d"] * 1000, dtype=object)}
    write(path, {**good(".h5"), **names, **long})
    with pytest.raises(ValueError, match="'layer_names' of model_weights is too large"):
        load_model(path)


@pytest.mark.parametrize("length", [0xFFFFFFFF, 1 << 31, 7, 1])
def test_a_text_that_is_not_as_long_as_stated_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "net.h5"
    write(path, good(".h5"))
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL").to_bytes(8, "little")
    reference = data.index(heap, data.index(b"keras_version\0")) - 4
    assert data[reference] == len("3.15.1")
    data[reference : reference + 4] = length.to_bytes(4, "little")
    path.write_bytes(data)
    begin = time.process_time()
    with pytest.raises(ValueError, match="a text is not as long as its attribute says"):
        load_model(path)
    assert time.process_time() - begin < QUICK


@pytest.mark.filterwarnings("ignore:load_model")
def test_changed_bits_in_files_of_others_end_in_a_model_or_an_error(
    tmp_path: Path, exhaustive: bool
) -> None:
    path = tmp_path / "net.h5"
    write(path, good(".h5"))
    data = path.read_bytes()
    refused = 0
    with path.open("r+b", buffering=0) as file:
        for place in range(0, len(data), 1 if exhaustive else 31):
            os.pwrite(file.fileno(), bytes([data[place] ^ (1 << (place % 8))]), place)
            begin = time.process_time()
            try:
                load_model(path)
            except ValueError:
                refused += 1
            assert time.process_time() - begin < QUICK, place
            os.pwrite(file.fileno(), data[place : place + 1], place)
    assert refused > 20

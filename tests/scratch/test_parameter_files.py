# SPDX-License-Identifier: BSD-3-Clause
"""save_params and load_params: npz under any name, the book's pickles, and nothing that harms."""

from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from audit import audited
from small_net import SMALL, Params, refused, small_net

from pyconv.scratch import nets
from pyconv.scratch.array_pickle import read_array_pickle


def assert_loaded(net: nets.SimpleConvNet, params: Params) -> None:
    for key, value in params.items():
        np.testing.assert_array_equal(net.params[key], value)
    assert net.layers["Affine1"].W is net.params["W2"]
    x = np.ones((1, 1, 6, 6))
    fresh = small_net()
    for key, value in params.items():
        fresh.params[key][...] = value
    np.testing.assert_array_equal(net.predict(x), fresh.predict(x))


@pytest.mark.parametrize("name", ["params.pkl", "params.npz", "weights", "W.txt"])
def test_what_is_saved_under_any_name_is_loaded_again(name: str, tmp_path: Path) -> None:
    net, other = small_net(), small_net()
    net.save_params(tmp_path / name)
    arrays = dict(other.params)
    other.load_params(str(tmp_path / name))
    assert_loaded(other, net.params)
    assert all(other.params[key] is value for key, value in arrays.items())
    assert (tmp_path / name).read_bytes()[:2] == b"PK"
    with np.load(tmp_path / name, allow_pickle=False) as archive:
        assert set(archive.files) == set(net.params)
    assert os.listdir(tmp_path) == [name]


def test_deep_convnet_saves_and_loads(tmp_path: Path) -> None:
    net, other = nets.DeepConvNet(hidden_size=3), nets.DeepConvNet(hidden_size=3)
    net.save_params(tmp_path / "deep.pkl")
    other.load_params(tmp_path / "deep.pkl")
    x = np.ones((1, 1, 28, 28))
    np.testing.assert_array_equal(other.predict(x), net.predict(x))


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize("dtype", ["f8", "f4", ">f8", "f2"])
def test_pickles_of_the_book_are_read(protocol, dtype, params: Params, tmp_path: Path) -> None:
    stored = {key: np.round(value * 8).astype(dtype) for key, value in params.items()}
    stored["W2"] = np.asfortranarray(stored["W2"])
    (tmp_path / "p.pkl").write_bytes(pickle.dumps(stored, protocol))
    net = small_net()
    net.load_params(tmp_path / "p.pkl")
    assert_loaded(net, {key: value.astype(np.float64) for key, value in stored.items()})


def test_the_old_spelling_of_numpy_modules_is_read(params: Params, tmp_path: Path) -> None:
    data = pickle.dumps(params, 3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert b"numpy.core.multiarray" in data
    (tmp_path / "p.pkl").write_bytes(data)
    net = small_net()
    net.load_params(tmp_path / "p.pkl")
    assert_loaded(net, params)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_files_of_numpy_are_read(save, params: Params, tmp_path: Path) -> None:
    params["W2"] = np.asfortranarray(params["W2"])
    params["W3"] = np.round(params["W3"]).astype(">f4")
    save(tmp_path / "p.npz", **params)
    net = small_net()
    net.load_params(tmp_path / "p.npz")
    assert_loaded(net, params)


def test_names_are_looked_for_here_then_beside_the_script(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (there / "program.py").write_text(
        "from pyconv.scratch.nets import SimpleConvNet\n"
        f"net = SimpleConvNet((1, 6, 6), {SMALL!r}, hidden_size=3, output_size=2)\n"
        "net.load_params('params.pkl')\n"
        "print(net.params['b1'].tolist())\n"
    )

    def run() -> str:
        return subprocess.run(
            [sys.executable, str(there / "program.py")],
            cwd=here,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    done = run()
    assert "FileNotFoundError" in done.stderr
    for folder, value in ((there, 1.0), (here, 2.0)):
        net = small_net()
        net.params["b1"][...] = value
        net.save_params(folder / "params.pkl")
        assert run().stdout == f"[{value}, {value}]\n"


@pytest.mark.parametrize("content", [[1], 1, "text", None, {1: np.ones(1)}, {"W1": [1.0]}])
def test_anything_but_a_dictionary_of_arrays_is_refused(content: Any, tmp_path: Path) -> None:
    (tmp_path / "p.pkl").write_bytes(pickle.dumps(content, 4))
    refused(tmp_path / "p.pkl")


@pytest.mark.parametrize("form", ["pickle 3", "pickle 5", "npz", "ours"])
def test_every_cut_file_is_refused(form: str, params: Params, tmp_path: Path) -> None:
    path = tmp_path / "p"
    if form.startswith("pickle"):
        path.write_bytes(pickle.dumps(params, int(form[-1])))
    elif form == "npz":
        with path.open("wb") as file:
            np.savez(file, **params)
    else:
        small_net().save_params(path)
    whole = path.read_bytes()
    for length in (*range(0, len(whole), 23), len(whole) - 1):
        path.write_bytes(whole[:length])
        refused(path)


def test_every_flipped_bit_of_a_saved_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "p.pkl"
    small_net().save_params(path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        refused(path)


def test_flipped_bits_of_a_pickle_end_in_nothing_but_arrays(params: Params) -> None:
    whole = pickle.dumps(params, 4)
    with audited() as events:
        for place in range(0, len(whole), 3):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << place % 8
            try:
                arrays = read_array_pickle(io.BytesIO(damaged))
            except ValueError:
                continue
            assert all(type(array) is np.ndarray for array in arrays.values())
    assert [e for e in events if e.startswith(("exec", "subprocess", "os.", "socket"))] == []


def test_all_differences_stand_in_one_error(params: Params, tmp_path: Path) -> None:
    del params["b2"]
    params["W2"] = params["W2"].T
    params["gamma"] = np.ones(2)
    params["b3"] = params["b3"] > 0
    for suffix, write in (("npz", np.savez), ("pkl", None)):
        path = tmp_path / f"p.{suffix}"
        if write is None:
            path.write_bytes(pickle.dumps(params, 4))
        else:
            write(path, **params)
        text = refused(path, "SimpleConvNet.load_params")
        assert "b2 is missing" in text
        assert "'gamma' is not expected" in text
        assert "W2 has shape (3, 8), expected (8, 3)" in text
        assert "b3 has dtype bool, expected floats" in text


def test_npz_data_that_lies_is_refused(params: Params, tmp_path: Path) -> None:
    path = tmp_path / "p.npz"

    def write(members: dict[str, bytes]) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(name, content)

    def npy(array: np.ndarray) -> bytes:
        file = io.BytesIO()
        np.lib.format.write_array(file, array, allow_pickle=True)
        return file.getvalue()

    good = {f"{key}.npy": npy(value) for key, value in params.items()}
    write(good)
    small_net().load_params(path)
    lies = [
        npy(np.array([object()] * 2)),
        npy(np.array(["a", "b"])),
        npy(params["b1"]) + b"more",
        npy(params["b1"])[:-1],
        b"\x93NUMPY\x01\x00" + b"\xff\xff" + b"(" * 70000,
        b"\x93NUMPY\x01\x00" + struct.pack("<H", 30) + b"__import__('os').system('true')",
        b"no array",
        b"",
    ]
    for lie in lies:
        write({**good, "b1.npy": lie})
        refused(path)
    bomb = npy(np.zeros(2**24))
    write({**good, "b1.npy": bomb})
    assert path.stat().st_size < 2**20
    refused(path, "b1 has shape (16777216,), expected (2,)")
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in good.items():
            archive.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("b1.npy", good["b1.npy"])
    refused(path, "holds a name twice")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "the file is empty"),
        (b"\x89HDF\r\n\x1a\n", "neither npz data nor a pickle"),
        (b"(dp0\n.", "neither npz data nor a pickle"),
        (b"hello", "neither npz data nor a pickle"),
        (b"PK\x03\x04", "damaged npz data"),
    ],
)
def test_other_files_are_refused_by_their_content(content, text, tmp_path: Path) -> None:
    (tmp_path / "p.pkl").write_bytes(content)
    refused(tmp_path / "p.pkl", text)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", Path("/dev/zero")):
        refused(path, "not a regular file")
    with pytest.raises(FileNotFoundError, match="nothing"):
        small_net().load_params(tmp_path / "nothing.pkl")
    with pytest.raises(TypeError, match="file_name"):
        small_net().load_params(b"params.pkl")
    with pytest.raises(ValueError, match="a folder"):
        small_net().save_params(tmp_path)

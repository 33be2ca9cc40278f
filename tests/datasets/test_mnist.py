# SPDX-License-Identifier: BSD-3-Clause
"""MNIST and its kin: where they are looked for, in which order, and what is refused."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pyconv.datasets import download, fashion_mnist, mnist

NAMES = mnist.FILES.names


def content(rank: int, samples: int, value: int) -> bytes:
    shape = (samples, 28, 28)[:rank]
    return (
        bytes([0, 0, 8, rank]) + struct.pack(f">{rank}I", *shape) + bytes([value] * np.prod(shape))
    )


def write_idx(folder: Path, value: int) -> Path:
    """Write a small data set whose pixels and labels all have one value."""
    folder.mkdir(parents=True)
    for name in NAMES:
        samples = 3 if name.startswith("train") else 2
        packed = gzip.compress(content(3 if "images" in name else 1, samples, value))
        (folder / name).write_bytes(packed)
    return folder


def write_npz(path: Path, value: int, **changes: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        "x_train": np.full((3, 28, 28), value, np.uint8),
        "y_train": np.full(3, value, np.uint8),
        "x_test": np.full((2, 28, 28), value, np.uint8),
        "y_test": np.full(2, value, np.uint8),
    }
    np.savez_compressed(path, **{**arrays, **changes})
    return path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which all places lie where data is looked for."""
    (tmp_path / "data").mkdir(exist_ok=True)
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PYCONV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(function: str, addresses: list[str], path: Path, checksum: str) -> None:
        raise ConnectionError("no route to host")

    monkeypatch.setattr(download, "fetch", fetch)


def value_read(path: Path | None = None) -> int:
    (x_train, y_train), (x_test, y_test) = mnist.load_data(path)
    assert x_train.shape == (3, 28, 28)
    assert x_test.shape == (2, 28, 28)
    values = {int(v) for a in (x_train, y_train, x_test, y_test) for v in np.unique(a)}
    assert len(values) == 1
    return values.pop()


def test_places_are_searched_in_order(places: Path, offline: None) -> None:
    assert mnist.local_path() is None
    write_npz(places / "keras/datasets/mnist.npz", 1)
    assert value_read() == 1
    write_idx(places / "home/datasets/mnist", 2)
    assert value_read() == 2
    folder = write_idx(places / "data/mnist", 3)
    assert value_read() == 3
    assert mnist.local_path() == folder
    assert value_read(write_idx(places / "mine", 4)) == 4
    assert value_read(write_npz(places / "other.npz", 5)) == 5


def test_an_incomplete_folder_is_passed_over(places: Path, offline: None) -> None:
    folder = write_idx(places / "data/mnist", 3)
    (folder / NAMES[2]).unlink()
    assert mnist.local_path() is None
    write_npz(places / "keras/datasets/mnist.npz", 1)
    assert value_read() == 1


def test_unpacked_files_and_dotted_names_are_found(places: Path) -> None:
    folder = write_idx(places / "data/mnist", 6)
    for name in NAMES:
        plain = gzip.decompress((folder / name).read_bytes())
        (folder / name).unlink()
        (folder / name.removesuffix(".gz").replace("-idx", ".idx")).write_bytes(plain)
    assert value_read() == 6


def test_fashion_mnist_has_its_own_places(places: Path, offline: None) -> None:
    write_idx(places / "data/mnist", 3)
    assert fashion_mnist.local_path() is None
    write_idx(places / "keras/datasets/fashion-mnist", 7)
    (x_train, _), _ = fashion_mnist.load_data()
    assert x_train[0, 0, 0] == 7
    assert len(fashion_mnist.CLASS_NAMES) == 10


def test_a_wrong_path_names_the_files_it_wants(places: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"mnist.load_data: path='.*nowhere'; must be .*t10k"
    ):
        mnist.load_data(places / "nowhere")


def test_damaged_files_are_not_passed_over(places: Path) -> None:
    folder = write_idx(places / "data/mnist", 3)
    write_npz(places / "keras/datasets/mnist.npz", 1)
    (folder / NAMES[0]).write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises(ValueError, match=f"{NAMES[0]}: damaged gzip"):
        mnist.load_data()


@pytest.mark.parametrize(
    ("samples", "value", "reason"), [(4, 3, "4 labels for 3 images"), (3, 10, "label 10 at 0")]
)
def test_labels_must_fit(places: Path, samples: int, value: int, reason: str) -> None:
    folder = write_idx(places / "data/mnist", 3)
    (folder / NAMES[1]).write_bytes(content(1, samples, value))
    with pytest.raises(ValueError, match=f"{NAMES[1]}: {reason}"):
        mnist.load_data()


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("x_train", np.zeros((3, 28, 27), np.uint8), r"x_train has shape \(3, 28, 27\)"),
        ("x_test", np.zeros((2, 28, 28), np.float32), "x_test is not an array of uint8"),
        ("y_test", np.array([None, 1], object), "y_test is not an array of uint8"),
        ("y_train", np.zeros(0, np.uint8), "y_train has shape"),
        (
            "x_train",
            np.zeros((300_000, 28, 28), np.uint8),
            "x_train unpacks to more than 100 times",
        ),
    ],
)
def test_hostile_archives_are_refused(
    places: Path, name: str, array: np.ndarray, reason: str
) -> None:
    path = write_npz(places / "bad.npz", 1, **{name: array})
    with pytest.raises(ValueError, match=rf"bad.npz: {reason}"):
        mnist.load_data(path)


def test_a_broken_archive_names_itself(places: Path) -> None:
    path = write_npz(places / "bad.npz", 1)
    whole = path.read_bytes()
    for part in (b"", whole[:100], whole[:-30], whole.replace(b"y_test", b"z_test")):
        path.write_bytes(part)
        with pytest.raises(ValueError, match=r"bad.npz: damaged"):
            mnist.load_data(path)


def test_a_second_address_serves_and_the_files_stay(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str]] = []

    def fetch(function: str, addresses: list[str], path: Path, checksum: str) -> None:
        asked.extend((address, checksum) for address in addresses)
        path.parent.mkdir(parents=True, exist_ok=True)
        samples = 3 if path.name.startswith("train") else 2
        path.write_bytes(content(3 if "images" in path.name else 1, samples, 8))

    monkeypatch.setattr(download, "fetch", fetch)
    assert value_read() == 8
    for address in mnist.FILES.addresses:
        assert (address + NAMES[0], "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873") in asked
    assert len(asked) == 8
    assert value_read() == 8
    assert len(asked) == 8


def test_offline_says_file_folder_and_address(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = ("http://127.0.0.1:9/", "http://127.0.0.1:9/mirror/")
    monkeypatch.setattr(mnist, "FILES", dataclasses.replace(mnist.FILES, addresses=nobody))
    with pytest.raises(OSError, match="could not be downloaded") as caught:
        mnist.load_data()
    for part in ("mnist.load_data", NAMES[0], str(places / "home"), *nobody):
        assert part in str(caught.value)


def test_the_real_files_are_mnist(data_folder: Callable[[str], Path]) -> None:
    (x_train, y_train), (x_test, y_test) = mnist.load_data(data_folder("mnist"))
    assert x_train.shape == (60_000, 28, 28)
    assert x_test.shape == (10_000, 28, 28)
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", *x_train.shape)
    digest = hashlib.sha256(header + x_train.tobytes()).hexdigest()
    assert digest == "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
    assert np.bincount(y_train).tolist()[:3] == [5923, 6742, 5958]
    assert y_test[:5].tolist() == [7, 2, 1, 0, 4]

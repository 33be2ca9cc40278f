# SPDX-License-Identifier: BSD-3-Clause
"""CIFAR-10 in all its forms, found where it lies, damaged and hostile."""

from __future__ import annotations

import gzip
import io
import lzma
import pickle
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv.datasets import cifar10, download
from pyconv.datasets.cifar_files import PIXELS

STEMS = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]


def samples(stem: str) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return pixels (4, 3072) and labels (4,) that differ from batch to batch."""
    generator = np.random.default_rng(STEMS.index(stem))
    pixels = generator.integers(0, 256, (4, PIXELS)).astype(np.uint8)
    return pixels, generator.integers(0, 10, 4).astype(np.uint8)


def binary(stem: str) -> bytes:
    pixels, labels = samples(stem)
    return np.concatenate([labels[:, None], pixels], axis=1).tobytes()


def pickled(stem: str) -> bytes:
    """Return the batch as Python 2 pickled it: protocol 2, its strings the bytes of today."""
    pixels, labels = samples(stem)

    def text(value: bytes) -> bytes:
        short = len(value) < 256
        return (
            b"U" + bytes([len(value)]) if short else b"T" + struct.pack("<i", len(value))
        ) + value

    dtype = b"cnumpy\ndtype\n" + text(b"u1") + b"K\0K\1\x87R"
    dtype += b"(K\3" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + text(b"b") + b"\x87R"
    )
    shape = b"K\4M" + struct.pack("<H", PIXELS) + b"\x86"
    array += b"(K\1" + shape + dtype + b"\x89" + text(pixels.tobytes()) + b"tb"
    listed = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    items = text(b"batch_label") + text(stem.encode())
    items += text(b"labels") + listed + text(b"data") + array
    return b"\x80\2}(" + items + b"u."


def written(folder: Path, form: str, stems: list[str] = STEMS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for stem in stems:
        if form == "pickle":
            (folder / stem).write_bytes(pickled(stem))
        else:
            pack = {"bin": bytes, "gz": gzip.compress, "xz": lzma.compress}[form]
            suffix = ".bin" if form == "bin" else f".bin.{form}"
            (folder / f"{stem}{suffix}").write_bytes(pack(binary(stem)))
    return folder


def archived(path: Path, form: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for stem in ["readme.html", *STEMS]:
            if stem in STEMS:
                content = pickled(stem) if form == "pickle" else binary(stem)
            else:
                content = b"<html>"
            name = stem + (".bin" if form == "bin" and stem in STEMS else "")
            info = tarfile.TarInfo(f"cifar-10-batches/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def check(data: Any, stems: list[str] = STEMS[:5]) -> None:
    (x_train, y_train), (x_test, y_test) = data
    for x, y, names in ((x_train, y_train, stems), (x_test, y_test, STEMS[5:])):
        assert (x.shape, x.dtype) == ((4 * len(names), 32, 32, 3), np.uint8)
        assert (y.shape, y.dtype) == ((4 * len(names), 1), np.uint8)
        for i, name in enumerate(names):
            pixels, labels = samples(name)
            np.testing.assert_array_equal(
                x[4 * i : 4 * i + 4].transpose(0, 3, 1, 2).reshape(4, -1), pixels
            )
            np.testing.assert_array_equal(y[4 * i : 4 * i + 4, 0], labels)


@pytest.mark.parametrize("form", ["bin", "gz", "xz", "pickle"])
def test_folders_of_every_form(tmp_path: Path, form: str) -> None:
    check(cifar10.load_data(written(tmp_path, form)))


@pytest.mark.parametrize("form", ["bin", "pickle"])
def test_the_official_archives_are_read_in_place(tmp_path: Path, form: str) -> None:
    path = archived(tmp_path / "cifar.tar.gz", form)
    check(cifar10.load_data(path))
    assert list(tmp_path.iterdir()) == [path]


def test_the_pickle_is_what_python_2_writes() -> None:
    batch = pickle.loads(pickled("test_batch"), encoding="bytes")
    pixels, labels = samples("test_batch")
    assert batch[b"labels"] == labels.tolist()
    np.testing.assert_array_equal(batch[b"data"], pixels)


def test_the_batches_present_are_used_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stems = ["data_batch_1", "data_batch_4"]
    check(cifar10.load_data(written(tmp_path, "xz", [*stems, "test_batch"])), stems)
    text = f"CIFAR-10: 2 of 5 training batches in {tmp_path}, 8 images\n"
    assert capsys.readouterr().out == text
    cifar10.load_data(written(tmp_path, "bin"))
    assert capsys.readouterr().out == ""


def test_places_are_searched_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PYCONV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def fetch(function: str, addresses: list[str], path: Path, checksum: str) -> None:
        assert addresses == ["https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"]
        assert checksum == cifar10.CHECKSUM
        archived(path, "pickle")

    monkeypatch.setattr(download, "fetch", fetch)
    assert cifar10.local_path() is None
    check(cifar10.load_data())
    places = [
        archived(tmp_path / "home/datasets/cifar-10/cifar-10-python.tar.gz", "pickle"),
        written(tmp_path / "data/cifar-10-batches-bin", "xz"),
    ]
    assert cifar10.local_path() == places[1]
    (places[1] / "data_batch_2.bin.xz").unlink()
    assert cifar10.local_path() == places[0]  # it has them all
    places[0].unlink()
    assert cifar10.local_path() == places[1]
    nested = written(tmp_path / "keras/datasets/cifar-10-batches-py/cifar-10-batches-py", "pickle")
    assert cifar10.local_path() == nested


def test_a_path_without_batches_is_named(tmp_path: Path) -> None:
    written(tmp_path / "a", "bin", ["data_batch_1"])
    for path in (tmp_path / "a", tmp_path / "absent"):
        with pytest.raises(FileNotFoundError, match=r"cifar10\.load_data: path='.*'; must be"):
            cifar10.load_data(path)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda plain: b"",
    "short": lambda plain: plain[:-1],
    "long": lambda plain: plain + b"x",
    "label": lambda plain: b"\x0a" + plain[1:],
    "gzip cut": lambda plain: gzip.compress(plain)[:-9],
    "gzip flipped": lambda plain: gzip.compress(plain, 0).replace(plain[50:60], bytes(10)),
    "gzip tail": lambda plain: gzip.compress(plain) + b"x",
    "xz cut": lambda plain: lzma.compress(plain)[:-9],
    "xz flipped": lambda plain: lzma.compress(plain)[:500] + b"x" + lzma.compress(plain)[501:],
    "xz tail": lambda plain: lzma.compress(plain) + b"x",
    "xz bomb": lambda plain: lzma.compress(bytes(70_000_000), preset=0),
    "pickle cut": lambda plain: pickled("data_batch_3")[:-400],
    "pickled number": lambda plain: pickle.dumps(3),
    "pickled labels": lambda plain: pickled("data_batch_3").replace(b"labels", b"titles"),
    "pickled call": lambda plain: pickle.dumps(Hostile()),
    "pickled floats": lambda plain: pickle.dumps(
        {"data": np.zeros((1, PIXELS)), "labels": [0]}, protocol=3
    ),
    "pickled objects": lambda plain: pickle.dumps(
        {"data": np.array([Hostile()]), "labels": [0]}, protocol=3
    ),
}


class Hostile:
    """Runs a command where a pickle is trusted."""

    def __reduce__(self) -> Any:
        return print, ("a pickle ran this",)


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_batch_is_named(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "bin")
    (tmp_path / "data_batch_3.bin").write_bytes(DAMAGE[kind](binary("data_batch_3")))
    with pytest.raises(ValueError, match=r"data_batch_3\.bin: "):
        cifar10.load_data(tmp_path)
    assert capsys.readouterr().out == ""


def test_a_pickle_of_today_is_read_too(tmp_path: Path) -> None:
    written(tmp_path, "pickle")
    pixels, labels = samples("test_batch")
    batch = {"data": pixels, "labels": labels.tolist()}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch, protocol=4))
    check(cifar10.load_data(tmp_path))


def test_a_damaged_archive_is_named(tmp_path: Path) -> None:
    path = archived(tmp_path / "cifar.tar.gz", "pickle")
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"no archive", whole[:-30]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"cifar\.tar\.gz: "):
            cifar10.load_data(path)


def test_the_real_files_are_cifar(data_folder: Callable[[str], Path]) -> None:
    folder = data_folder("cifar-10-batches-bin")
    (x_train, y_train), (x_test, y_test) = cifar10.load_data(folder)
    assert x_train.shape[1:] == (32, 32, 3)
    assert len(x_train) == len(y_train) >= 10_000
    assert len(x_train) % 10_000 == 0
    assert (x_test.shape, y_test.shape) == ((10_000, 32, 32, 3), (10_000, 1))
    assert np.bincount(y_test[:, 0]).tolist() == [1000] * 10
    assert [cifar10.CLASS_NAMES[i] for i in y_test[:3, 0]] == ["cat", "ship", "ship"]

# SPDX-License-Identifier: BSD-3-Clause
"""Paths that are none are refused by name, and a PYCONV_DATA that is not there is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import pyconv
from pyconv.data import Dataset, bad_images
from pyconv.datasets import cifar10, fashion_mnist, mnist
from pyconv.utils import get_file, image_dataset_from_directory, load_img

WEB = "http://example.invalid/a.bin"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: mnist.load_data(path), "mnist.load_data: path="),
        (lambda path: fashion_mnist.load_data(path), "fashion_mnist.load_data: path="),
        (lambda path: cifar10.load_data(path), "cifar10.load_data: path="),
        (lambda path: Dataset.from_tensor_slices([1]).cache(path), "Dataset.cache: filename="),
        (image_dataset_from_directory, "image_dataset_from_directory: directory="),
        (lambda path: bad_images([path]), "bad_images: file_paths="),
        (load_img, "load_img: path="),
        (pyconv.load_model, "load_model: filepath="),
        (lambda path: get_file("a", WEB, cache_dir=path), "get_file: cache_dir="),
        (lambda path: get_file("a", WEB, cache_subdir=path), "get_file: cache_subdir="),
        (lambda path: get_file(path, WEB), "get_file: fname="),
    ],
)
def test_what_is_no_path_names_function_and_argument(
    call: Callable[[Any], Any], message: str
) -> None:
    pytest.importorskip("PIL", reason="no Pillow")
    with pytest.raises(TypeError, match=f"{message}3; must be a"):
        call(3)
    with pytest.raises(ValueError, match=message):
        call("a\0b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"origin": 3}, "origin=3; must be an address"),
        ({"origin": None}, "origin=None; must be an address"),
        ({"origin": WEB, "file_hash": 3}, "file_hash=3; must be hexadecimal"),
        ({"origin": WEB, "md5_hash": 3}, "md5_hash=3; must be hexadecimal"),
        ({"origin": WEB, "archive_format": 3}, "archive_format=3; must be a name"),
    ],
)
def test_get_file_names_each_argument(options: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"get_file: {message}"):
        get_file("a.bin", **options)


@pytest.mark.parametrize("data", [mnist, fashion_mnist, cifar10])
def test_a_pyconv_data_that_is_no_folder_is_told(
    data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("PYCONV_HOME", "KERAS_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path / "absent"))
    with pytest.warns(UserWarning, match=r"PYCONV_DATA='.*absent' is no folder; data sets are"):
        assert data.local_path() is None
    monkeypatch.setenv("PYCONV_DATA", str(tmp_path))
    assert data.local_path() is None

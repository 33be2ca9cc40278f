# SPDX-License-Identifier: BSD-3-Clause
"""Subsets of Kaggle's Dogs vs Cats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pyconv.datasets import cats_dogs


@pytest.fixture
def kaggle(tmp_path: Path) -> Path:
    folder = tmp_path / "train"
    folder.mkdir()
    for label in ("cat", "dog"):
        for number in range(6):
            (folder / f"{label}.{number}.jpg").write_bytes(f"{label}{number}".encode())
    return folder


def test_files_go_into_folders_by_subset_and_class(kaggle: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "small"
    cats_dogs.make_subsets(kaggle, target, {"train": (0, 3), "test": (4, 6)})
    found = sorted(str(path.relative_to(target)) for path in target.rglob("*.jpg"))
    assert found == sorted(
        f"{name}/{label}/{label}.{number}.jpg"
        for name, numbers in (("train", range(3)), ("test", range(4, 6)))
        for label in ("cat", "dog")
        for number in numbers
    )
    assert (target / "test/dog/dog.5.jpg").read_bytes() == b"dog5"
    assert [path.name for path in target.parent.iterdir()] == ["small"]


def test_the_books_subsets_have_the_books_sizes() -> None:
    sizes = {name: 2 * (last - first) for name, (first, last) in cats_dogs.SUBSETS.items()}
    assert sizes == {"train": 2000, "validation": 1000, "test": 2000}


def test_a_missing_file_leaves_nothing(kaggle: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cat\.6\.jpg is missing, and 5 others"):
        cats_dogs.make_subsets(kaggle, tmp_path / "small", {"train": (3, 9)})
    assert [path.name for path in tmp_path.iterdir()] == ["train"]


@pytest.mark.parametrize(
    ("subsets", "message"),
    [
        ({"a": (0, 3), "b": (2, 4)}, "'a' and 'b' share files"),
        ({"a": (3, 3)}, r"subsets\['a'\]\[1\]=3; must be >= 4"),
        ({"a": (-1, 3)}, r"subsets\['a'\]\[0\]=-1"),
        ({"../a": (0, 1)}, "must be a name"),
        ({}, "must name one"),
    ],
)
def test_subsets_that_are_none_are_refused(
    kaggle: Path, tmp_path: Path, subsets: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        cats_dogs.make_subsets(kaggle, tmp_path / "small", subsets)


def test_a_folder_that_is_there_is_left_alone(kaggle: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError, match="must not be there yet"):
        cats_dogs.make_subsets(kaggle, tmp_path)

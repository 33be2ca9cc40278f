# SPDX-License-Identifier: BSD-3-Clause
"""Listing folders of images: order, classes, links, and what stands in them besides."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pyconv.data.image_folder import list_image_files, list_images


def planted(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def test_classes_and_files_are_sorted_by_name(tmp_path: Path) -> None:
    planted(tmp_path, "dog/2.jpg", "dog/10.jpg", "cat/b.PNG", "cat/a.jpeg", "Zebra/1.gif")
    folder = list_images("list_images", tmp_path)
    assert folder.class_names == ["Zebra", "cat", "dog"]
    assert folder.filenames == ["Zebra/1.gif", "cat/a.jpeg", "cat/b.PNG", "dog/10.jpg", "dog/2.jpg"]
    assert folder.labels.tolist() == [0, 1, 1, 2, 2]
    assert folder.labels.dtype == "int32"
    assert folder.file_paths[0] == str(tmp_path / "Zebra/1.gif")


def test_nested_folders_belong_to_their_class(tmp_path: Path) -> None:
    planted(tmp_path, "a/x/2.png", "a/1.png", "a/x/y/3.png", "a/b/0.bmp")
    assert list_images("f", tmp_path).filenames == [
        "a/1.png",
        "a/b/0.bmp",
        "a/x/2.png",
        "a/x/y/3.png",
    ]


def test_given_class_names_choose_and_order(tmp_path: Path) -> None:
    planted(tmp_path, "a/1.png", "b/1.png", "c/1.png")
    folder = list_images("f", tmp_path, ["c", "a"])
    assert folder.filenames == ["c/1.png", "a/1.png"]
    assert folder.labels.tolist() == [0, 1]
    with pytest.raises(
        ValueError, match=r"f: class_names=\['a', 'd'\]; must be .*\['a', 'b', 'c'\]"
    ):
        list_images("f", tmp_path, ["a", "d"])
    with pytest.raises(ValueError, match="must be different folders"):
        list_images("f", tmp_path, ["a", "a"])


def test_what_is_no_image_by_name_is_left_out(tmp_path: Path) -> None:
    names = (
        "a/.DS_Store",
        "a/Thumbs.db",
        "a/._1.jpg",
        "a/1.jpg.txt",
        "a/2.tif",
        ".git/1.jpg",
        "1.jpg",
    )
    planted(tmp_path, *names, "a/1.jpg", "a/.hidden.jpg")
    folder = list_images("f", tmp_path)
    assert folder.filenames == ["a/.hidden.jpg", "a/1.jpg"]
    assert folder.class_names == ["a"]
    assert list_images("f", tmp_path, hidden=True).class_names == [".git", "a"]


def test_odd_names_are_names(tmp_path: Path) -> None:
    names = ["a b/new\nline.png", "a b/o\u0308.png", "a b/\u00f6.png", "a b/ .png"]
    assert list_images("f", planted(tmp_path, *names)).filenames == sorted(names)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    planted(tmp_path, "a/1.png", "a/b/2.png")
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a/c").symlink_to(tmp_path / "a/b", target_is_directory=True)
    assert list_image_files("f", str(tmp_path / "a")) == ["1.png", "b/2.png"]
    assert list_image_files("f", str(tmp_path / "a"), follow_links=True) == ["1.png", "b/2.png"]


def test_links_to_folders_are_followed_on_request(tmp_path: Path) -> None:
    planted(tmp_path, "data/a/1.png", "elsewhere/2.png")
    (tmp_path / "data/a/more").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert list_image_files("f", str(tmp_path / "data/a")) == ["1.png"]
    followed = list_image_files("f", str(tmp_path / "data/a"), follow_links=True)
    assert followed == ["1.png", "more/2.png"]


def test_an_empty_class_is_told(tmp_path: Path) -> None:
    planted(tmp_path, "a/1.png")
    (tmp_path / "b").mkdir()
    with pytest.warns(UserWarning, match=r"no images of the classes \['b'\]"):
        assert list_images("f", tmp_path).class_names == ["a", "b"]


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    planted(tmp_path, "file")
    with pytest.raises(ValueError, match=r"f: directory='.*absent'; does not exist"):
        list_images("f", tmp_path / "absent")
    with pytest.raises(ValueError, match=r"f: directory='.*file'; not a folder"):
        list_images("f", tmp_path / "file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_an_unreadable_folder_is_an_error_not_an_empty_one(tmp_path: Path) -> None:
    planted(tmp_path, "a/1.png", "a/b/2.png")
    (tmp_path / "a/b").chmod(0)
    try:
        with pytest.raises(PermissionError, match="a/b"):
            list_images("f", tmp_path)
    finally:
        (tmp_path / "a/b").chmod(0o755)

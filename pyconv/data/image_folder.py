# SPDX-License-Identifier: BSD-3-Clause
"""Folders of images: which classes and files they hold, in an order that no file system changes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pyconv.arguments import checked_path

EXTENSIONS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")


@dataclass(frozen=True)
class ImageFolder:
    """What a folder holds: file paths and, where they have classes, their numbers and names.

    `filenames` are relative to `directory`, class by class, sorted; `labels` is (n,) int32, the
    positions of the files' classes in `class_names`.
    """

    directory: str
    filenames: list[str]
    labels: npt.NDArray[np.int32]
    class_names: list[str]

    @property
    def file_paths(self) -> list[str]:
        """The paths of the files, each below `directory`."""
        return [os.path.join(self.directory, name) for name in self.filenames]


def list_class_folders(function: str, directory: str, *, hidden: bool = False) -> list[str]:
    """Return the names of the folders in a folder, sorted by code points.

    Args:
        hidden: those that begin with a dot, too.
    Raises:
        ValueError: `directory` is no folder. OSError: it cannot be read.
    """
    _check_folder(function, directory)
    with os.scandir(directory) as entries:
        names = [entry.name for entry in entries if entry.is_dir()]
    return sorted(name for name in names if hidden or not name.startswith("."))


def list_image_files(
    function: str,
    directory: str,
    *,
    extensions: Collection[str] = EXTENSIONS,
    follow_links: bool = False,
) -> list[str]:
    """Return the paths, relative to a folder, of the image files in it and in its folders.

    Files count by their extension, in capitals or not; the `._name` files that macOS leaves behind
    do not. Folder after folder by path, files by name. A folder that links lead to twice is read
    once, so loops end.
    Raises:
        ValueError: `directory` is no folder. OSError: a folder in it cannot be read.
    """
    _check_folder(function, directory)
    endings = tuple(extensions)
    found = []
    for folder, names in sorted(_walk(directory, follow_links)):
        below = os.path.relpath(folder, directory)
        for name in sorted(names):
            if name.lower().endswith(endings) and not name.startswith("._"):
                found.append(name if below == os.curdir else os.path.join(below, name))
    return found


def list_images(
    function: str,
    directory: str | os.PathLike[str],
    class_names: Sequence[str] | None = None,
    *,
    extensions: Collection[str] = EXTENSIONS,
    follow_links: bool = False,
    hidden: bool = False,
    argument: str = "class_names",
) -> ImageFolder:
    """Return the images of a folder whose folders are their classes.

    Args:
        class_names: the folders that count, in the order of their numbers; all, sorted, by default.
        hidden: whether folders that begin with a dot are classes by default.
        argument: what errors call class_names.
    Raises:
        ValueError: `directory` is no folder, or has no folder of one of these names.
        OSError: a folder cannot be read. UserWarning: a class has no images.
    """
    root = checked_path(function, "directory", directory)
    folders = list_class_folders(function, root, hidden=True)
    if class_names is None:
        class_names = [name for name in folders if hidden or not name.startswith(".")]
    missing = [name for name in class_names if name not in folders]
    if missing or len(set(class_names)) != len(class_names):
        raise ValueError(
            f"{function}: {argument}={list(class_names)!r}; must be different folders of "
            f"{root}, which has {folders}"
        )
    filenames: list[str] = []
    counts = []
    for name in class_names:
        files = list_image_files(
            function,
            os.path.join(root, name),
            extensions=extensions,
            follow_links=follow_links,
        )
        filenames += [os.path.join(name, file) for file in files]
        counts.append(len(files))
    if filenames and 0 in counts:
        empty = [name for name, count in zip(class_names, counts, strict=True) if not count]
        warnings.warn(f"{function}: {root}: no images of the classes {empty}", stacklevel=3)
    labels = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return ImageFolder(root, filenames, labels, list(class_names))


def _check_folder(function: str, directory: str) -> None:
    if not os.path.isdir(directory):
        kind = "not a folder" if os.path.exists(directory) else "does not exist"
        raise ValueError(f"{function}: directory={directory!r}; {kind}")


def _walk(top: str, follow_links: bool) -> Iterator[tuple[str, list[str]]]:
    """Yield folders and the names in them that are no folders; each folder once."""
    seen: set[tuple[int, int]] = set()
    for folder, below, names in os.walk(top, onerror=_raise, followlinks=follow_links):
        below.sort()  # which of two links to a folder counts depends on the order
        if follow_links:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in seen:
                below.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
        yield folder, names


def _raise(error: OSError) -> None:
    raise error

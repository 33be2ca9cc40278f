# SPDX-License-Identifier: BSD-3-Clause
"""Which images of a folder count, in what order, and the label of each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.arguments import checked_flag, checked_path, several_names
from pyconv.callbacks.messages import tell
from pyconv.data.image_folder import EXTENSIONS, list_image_files, list_images

LabelMode: TypeAlias = Literal["int", "categorical", "binary"] | None

FUNCTION = "image_dataset_from_directory"  # whose arguments these are


@dataclass(frozen=True)
class Files:
    """Paths, the label of each (None: no labels), and what the labels are called."""

    paths: list[str]
    labels: npt.NDArray[np.int64] | None
    class_names: list[str] | None

    def shuffled(self, seed: int) -> Files:
        order = np.arange(len(self.paths))
        np.random.RandomState(seed).shuffle(order)
        return self._of(order)

    def without_last(self, count: int) -> Files:
        return self._of(np.arange(len(self.paths) - count))

    def last(self, count: int) -> Files:
        return self._of(np.arange(len(self.paths) - count, len(self.paths)))

    def _of(self, places: npt.NDArray[np.int64]) -> Files:
        labels = None if self.labels is None else self.labels[places]
        return Files([self.paths[place] for place in places], labels, self.class_names)


def listed(
    directory: str | os.PathLike[str],
    labels: Any,
    class_names: Sequence[str] | None,
    label_mode: LabelMode,
    follow_links: bool,
    *,
    verbose: bool,
) -> Files:
    """Return the images of a folder with their labels, and say how many there are."""
    follow_links = checked_flag(FUNCTION, "follow_links", follow_links)
    root = checked_path(FUNCTION, "directory", directory)
    if label_mode is None:
        labels = None
    inferred = isinstance(labels, str) and labels == "inferred"
    if class_names is not None:
        class_names = several_names(FUNCTION, "class_names", class_names)
        if not inferred:
            raise ValueError(
                f"{FUNCTION}: class_names={class_names!r}; needs labels='inferred' and a label_mode"
            )
    if inferred:
        folder = list_images(FUNCTION, root, class_names, follow_links=follow_links)
        files = Files(folder.file_paths, folder.labels.astype(np.int64), folder.class_names)
    else:
        names = list_image_files(FUNCTION, root, follow_links=follow_links)
        files = _labelled([os.path.join(root, name) for name in names], labels, label_mode)
    if not files.paths:
        found = sorted(os.listdir(root))[:20]
        raise ValueError(
            f"{FUNCTION}: {root}: no images; needs {', '.join(EXTENSIONS)} files in folders by "
            f"class, has {found}"
        )
    if verbose:
        classes = files.class_names
        belonging = "" if classes is None else f" belonging to {len(classes)} classes"
        tell(f"Found {len(files.paths)} files{belonging}.")
    if label_mode == "binary" and files.labels is not None and len(files.class_names or ()) != 2:
        raise ValueError(
            f"{FUNCTION}: label_mode='binary' needs 2 classes; {root} has {files.class_names}"
        )
    return files


def _labelled(paths: list[str], labels: Any, label_mode: LabelMode) -> Files:
    if labels is None:
        return Files(paths, None, None)
    if not isinstance(labels, (list, tuple, np.ndarray)):
        raise TypeError(
            f"{FUNCTION}: labels={labels!r}; must be 'inferred', a list of ints or None"
        )
    numbers = np.asarray(labels)
    if numbers.dtype.kind not in "iu" or numbers.shape != (len(paths),):
        raise ValueError(
            f"{FUNCTION}: labels are {numbers.dtype} {numbers.shape}; must be ints, one for each "
            f"of {len(paths)} files"
        )
    names = sorted(set(numbers.tolist()))
    for name in (*names[:1], *names[-1:]):
        if not -(2**31) <= name < 2**31:
            raise ValueError(f"{FUNCTION}: labels hold {name}; must fit into int32")
    if label_mode != "int" and (names[:1] < [0] or names[-1:] >= [len(names)]):
        raise ValueError(f"{FUNCTION}: labels are {names}; must be 0 to {len(names) - 1}")
    return Files(paths, numbers.astype(np.int64), [str(name) for name in names])


def encoded(files: Files, label_mode: LabelMode) -> npt.NDArray[Any] | None:
    """Return the labels of files as a batch has them; None where there are none."""
    if files.labels is None:
        return None
    if label_mode == "int":
        return files.labels.astype(np.int32)
    if label_mode == "binary":
        return files.labels.astype(np.float32)[:, None]
    return np.eye(len(files.class_names or ()), dtype=np.float32)[files.labels]

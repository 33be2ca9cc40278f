# SPDX-License-Identifier: BSD-3-Clause
"""DirectoryIterator: batches of the image files of a folder whose folders are their classes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pyconv.arguments import checked_flag, several_names
from pyconv.callbacks.messages import tell
from pyconv.data.image_files import pillow
from pyconv.data.image_folder import list_images
from pyconv.preprocessing.batch_iterator import Saving, subset_shares
from pyconv.preprocessing.file_iterator import FileIterator, Loading, checked_class_mode

if TYPE_CHECKING:
    from pyconv.preprocessing.image_data_generator import ImageDataGenerator

CLASS_MODES = ("categorical", "binary", "sparse", "input")
EXTENSIONS = (".bmp", ".jpeg", ".jpg", ".png", ".webp")


class DirectoryIterator(FileIterator):
    """What ImageDataGenerator.flow_from_directory returns.

    `filenames` are relative to `directory`, `classes` (n,) int32 their class numbers,
    `class_indices` the numbers by class name, `samples` how many files there are.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        image_data_generator: ImageDataGenerator,
        loading: Loading,
        *,
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        saving: Saving,
        follow_links: bool = False,
        subset: str | None = None,
    ) -> None:
        function = "flow_from_directory"
        pillow(function)
        mode = checked_class_mode(function, class_mode, CLASS_MODES)
        shares = subset_shares(function, subset, image_data_generator.validation_split)
        found = list_images(
            function,
            directory,
            several_names(function, "classes", classes) or None if classes is not None else None,
            argument="classes",
            extensions=EXTENSIONS,
            follow_links=checked_flag(function, "follow_links", follow_links),
        )
        self.directory = found.directory
        self.num_classes = len(found.class_names)
        self.class_indices = {name: i for i, name in enumerate(found.class_names)}
        kept = np.arange(len(found.filenames))
        if shares is not None:
            kept = np.concatenate([kept[:0], *_shares_of_classes(found.labels, shares)])
        self.filenames = [found.filenames[i] for i in kept]
        self.classes = self.labels = found.labels[kept]
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        super().__init__(
            function,
            image_data_generator,
            loading,
            class_mode=mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            saving=saving,
            subset=subset,
        )
        tell(f"Found {self.samples} images belonging to {self.num_classes} classes.")


def _shares_of_classes(
    labels: np.ndarray[tuple[int], np.dtype[np.int32]], shares: tuple[float, float]
) -> list[np.ndarray[tuple[int], np.dtype[np.intp]]]:
    """Return the places of each class's files from one share of them to another."""
    places = [np.flatnonzero(labels == number) for number in np.unique(labels)]
    return [one[int(shares[0] * len(one)) : int(shares[1] * len(one))] for one in places]

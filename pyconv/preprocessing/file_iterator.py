# SPDX-License-Identifier: BSD-3-Clause
"""FileIterator: batches of images that are files, with labels by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pyconv.arguments import checked_flag, one_of
from pyconv.backend import empty_on
from pyconv.data.background import map_in_order
from pyconv.data.dataset import AUTOTUNE, thread_count
from pyconv.data.image_files import (
    CHANNELS,
    ColorMode,
    checked_color_mode,
    checked_size,
    opened_image,
)
from pyconv.data.pillow_images import INTERPOLATIONS, sized_image
from pyconv.preprocessing.batch_iterator import Iterator, Saving, subset_shares
from pyconv.preprocessing.image_transform import Array

if TYPE_CHECKING:
    from pyconv.preprocessing.image_data_generator import ImageDataGenerator

_FEW = 4  # pictures that a thread decodes at a time: each hand-over costs some of it


class Loading(NamedTuple):
    """How files become images of one size."""

    size: tuple[int, int]  # (height, width)
    color_mode: ColorMode
    interpolation: str
    keep_aspect_ratio: bool

    @classmethod
    def checked(
        cls,
        function: str,
        target_size: tuple[int, int],
        color_mode: ColorMode,
        interpolation: str,
        keep_aspect_ratio: bool,
    ) -> Loading:
        """Return the options of a function, none of them nonsense."""
        one_of(function, "interpolation", interpolation, INTERPOLATIONS)
        checked_color_mode(function, color_mode)
        return cls(
            checked_size(function, "target_size", target_size),
            color_mode,
            interpolation,
            checked_flag(function, "keep_aspect_ratio", keep_aspect_ratio),
        )

    def load(self, path: str) -> Array:
        """Return a file's picture, (height, width, channels)."""
        with opened_image(path, function="load_img", plainly=True) as image:
            picture = sized_image(
                image, self.color_mode, self.size, self.interpolation, self.keep_aspect_ratio
            )
            return np.asarray(picture).reshape(*self.size, CHANNELS[self.color_mode])


class FileIterator(Iterator):
    """Batches of image files: x, or (x, y), or (x, y, weights)."""

    filepaths: list[str]
    class_indices: dict[str, int]
    labels: Any  # class numbers, or for "categorical" also lists of them
    sample_weight: Array | None = None

    def __init__(
        self,
        function: str,
        generator: ImageDataGenerator,
        loading: Loading,
        *,
        class_mode: str | None,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        saving: Saving,
        subset: str | None,
    ) -> None:
        self.loading, self.class_mode = loading, class_mode
        self.target_size, self.color_mode = loading.size, loading.color_mode
        self.interpolation = loading.interpolation
        self.keep_aspect_ratio = loading.keep_aspect_ratio
        self.subset = subset
        self.split = subset_shares(function, subset, generator.validation_split)
        channels = CHANNELS[loading.color_mode]
        first = generator.data_format == "channels_first"
        self.image_shape = (channels, *loading.size) if first else (*loading.size, channels)
        self.samples = len(self.filepaths)
        super().__init__(
            function,
            self.samples,
            generator,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            saving=saving,
        )

    def _batch(self, chosen: Array, drawn: np.random.Generator) -> Any:
        x = self._changed(self._images([self.filepaths[i] for i in chosen]), chosen, drawn)
        if self.class_mode is None:
            return x
        y = x.copy() if self.class_mode == "input" else self._labels(chosen)
        return (x, y) if self.sample_weight is None else (x, y, self.sample_weight[chosen])

    def _images(self, paths: Sequence[str]) -> Array:
        images = empty_on(np.empty(0), (len(paths), *self.image_shape), self.dtype)
        rows = np.moveaxis(images, 1, -1) if self.data_format == "channels_first" else images

        def load(first: int) -> None:
            for row, path in zip(rows[first:], paths[first : first + _FEW], strict=False):
                row[...] = self.loading.load(path)

        threads = thread_count("FileIterator", AUTOTUNE)
        for _ in map_in_order(load, iter(range(0, len(paths), _FEW)), threads):
            pass
        return images

    def _labels(self, chosen: Array) -> Any:
        if self.class_mode in ("binary", "sparse"):
            return np.array([self.labels[i] for i in chosen], self.dtype)
        if self.class_mode == "categorical":
            y = np.zeros((len(chosen), len(self.class_indices)), self.dtype)
            for row, i in zip(y, chosen, strict=True):
                row[self.labels[i]] = 1
            return y
        if self.class_mode == "multi_output":
            return [column[chosen] for column in self.labels]
        return self.labels[chosen]


def checked_class_mode(function: str, class_mode: Any, modes: Sequence[str]) -> str | None:
    """Return the kind of labels."""
    return None if class_mode is None else one_of(function, "class_mode", class_mode, modes)

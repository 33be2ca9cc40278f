# SPDX-License-Identifier: BSD-3-Clause
"""Iterator: batches of samples by number, pass after pass without end."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pyconv import random
from pyconv.arguments import checked_flag, one_of, whole_number
from pyconv.preprocessing.image_saving import checked_folder, save_images
from pyconv.preprocessing.image_transform import Array

if TYPE_CHECKING:
    from pyconv.preprocessing.image_data_generator import ImageDataGenerator


class Saving(NamedTuple):
    """Where images that come out are written, and under which names."""

    folder: str | None = None  # nothing is written
    prefix: str = ""
    format: str = "png"

    @classmethod
    def checked(
        cls, function: str, folder: str | os.PathLike[str] | None, prefix: str, format: str
    ) -> Saving:
        """Return where to write."""
        if folder is not None:
            folder = checked_folder(function, folder, prefix, format)
        return cls(folder, prefix, format)


class Iterator:
    """Batches 0 to len - 1 by index, each a pass's share; `next` walks them for ever.

    `next` and indices keep a pass each: what was looked at by `next` is not missing from the next
    epoch. With `shuffle` each pass has an order of its own; that of the indices lasts until
    on_epoch_end.

    Args:
        n: the number of samples.
        seed: every batch then draws from (seed, how many batches this object made before); without
            it training goes on bit for bit from a backup.
    Source: Keras's legacy Iterator.
    """

    def __init__(
        self,
        function: str,
        n: int,
        generator: ImageDataGenerator,
        *,
        batch_size: int,
        shuffle: bool,
        seed: int | None,
        saving: Saving,
    ) -> None:
        self.n = n
        self.image_data_generator = generator
        self.data_format, self.dtype = generator.data_format, generator.dtype
        self.batch_size = whole_number(function, "batch_size", batch_size, 1)
        self.shuffle = checked_flag(function, "shuffle", shuffle)
        self.seed = None if seed is None else whole_number(function, "seed", seed, 0)
        self.save_to_dir, self.save_prefix, self.save_format = saving
        self.batch_index = self.total_batches_seen = 0
        self.index_array: Array | None = None
        self._walked: Array | None = None
        self.lock = threading.Lock()

    def __len__(self) -> int:
        return -(-self.n // self.batch_size)

    def __iter__(self) -> Iterator:
        return self

    def __next__(self) -> Any:
        """Return the next batch; after the last one the next pass begins."""
        if not self.n:
            raise ValueError(f"{type(self).__name__}: there are no images")
        with self.lock:
            drawn = self._draws()
            if self.batch_index == 0 or self._walked is None:
                self._walked = self._order(drawn)
            start = self.batch_index * self.batch_size
            chosen = self._walked[start : start + self.batch_size]
            self.batch_index = (self.batch_index + 1) % len(self)
        return self._batch(chosen, drawn)

    def next(self) -> Any:
        """Return next(self)."""
        return self.__next__()

    def __getitem__(self, index: int) -> Any:
        """Return a batch of the current pass."""
        if not isinstance(index, (int, np.integer)):
            raise TypeError(f"{type(self).__name__}: batch {index!r}; must be an int")
        if not 0 <= index < len(self):
            raise IndexError(f"{type(self).__name__}: batch {index} of {len(self)}")
        with self.lock:
            drawn = self._draws()
            if self.index_array is None:
                self.index_array = self._order(drawn)
            start = index * self.batch_size
            chosen = self.index_array[start : start + self.batch_size]
        return self._batch(chosen, drawn)

    def reset(self) -> None:
        """Let `next` begin a new pass."""
        self.batch_index = 0

    def on_epoch_end(self) -> None:
        """Let the indices begin a new pass, in an order drawn when its first batch is taken."""
        self.index_array = None

    def _draws(self) -> np.random.Generator:
        """Return the generator of one batch; one draw from the process's where there is no seed."""
        words = random.draw_seed() if self.seed is None else (self.seed, self.total_batches_seen)
        self.total_batches_seen += 1
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words)))

    def _order(self, drawn: np.random.Generator) -> Array:
        return drawn.permutation(self.n) if self.shuffle else np.arange(self.n)

    def _changed(self, images: Array, chosen: Array, drawn: np.random.Generator) -> Array:
        """Return images changed at random and standardised, and write them where that is asked."""
        generator = self.image_data_generator
        y = generator.standardize(generator.random_batch(images, drawn))
        if self.save_to_dir is not None:
            names = (self.save_to_dir, self.save_prefix, self.save_format)
            save_images(y, chosen, self.data_format, drawn, *names)
        return y

    def _batch(self, chosen: Array, drawn: np.random.Generator) -> Any:
        """Return the batch of samples by their numbers."""
        raise NotImplementedError


def subset_shares(
    function: str, subset: str | None, validation_split: float
) -> tuple[float, float] | None:
    """Return from which share to which of the samples a subset reaches; None for all."""
    if subset is None:
        return None
    one_of(function, "subset", subset, ("training", "validation"))
    return (0.0, validation_split) if subset == "validation" else (validation_split, 1.0)

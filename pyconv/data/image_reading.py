# SPDX-License-Identifier: BSD-3-Clause
"""Paths become images in threads: one by one, or a batch in its own memory."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pyconv.backend import empty_on
from pyconv.data.background import closed_after, map_in_order
from pyconv.data.elements import Element, gathered
from pyconv.data.image_files import CHANNELS, picture
from pyconv.data.node import Below, Node, Seeds

Floats = npt.NDArray[np.float32]


class Resize(Protocol):
    """One of the functions of pyconv.data.resampling."""

    def __call__(
        self,
        image: npt.NDArray[Any],
        size: tuple[int, int],
        interpolation: str,
        out: Floats | None = None,
    ) -> Floats:
        """Return the image at a size, written into `out` if that is given."""


@dataclass(frozen=True)
class Reading:
    """How a path becomes an image, and whose name warnings carry."""

    function: str
    color_mode: str
    size: tuple[int, int]
    interpolation: str
    resize: Resize
    channels_first: bool
    skip: bool

    def element(self, element: Element) -> Element:
        """Return the element with the image in place of the path; None: to be left out."""
        path = element[0] if isinstance(element, tuple) else element
        image = np.empty(self.shape, np.float32)
        try:
            self.read(path, image)
        except (ValueError, OSError) as error:
            if not self.skip:
                raise
            warnings.warn(f"{self.function}: left out {error}", stacklevel=2)
            return None
        return (image, *element[1:]) if isinstance(element, tuple) else image

    @property
    def shape(self) -> tuple[int, int, int]:
        """The shape of an image."""
        channels = CHANNELS[self.color_mode]
        return (channels, *self.size) if self.channels_first else (*self.size, channels)

    def read(self, path: str, out: Floats) -> None:
        """Write the image of a file into an array of `shape`."""
        with picture(str(path), self.color_mode) as pixels:
            if self.channels_first:
                out[...] = self.resize(pixels, self.size, self.interpolation).transpose(2, 0, 1)
            else:
                self.resize(pixels, self.size, self.interpolation, out)


@dataclass(frozen=True)
class _Piece:
    """Some neighbours of a batch: one thread's work at a time."""

    batch: Element
    paths: npt.NDArray[Any]
    images: Floats  # where they go
    last: bool  # of its batch


class ReadImages(Below):
    """Elements whose path, the first part, is replaced by the image; the order stays."""

    def __init__(self, below: Node, reading: Reading, threads: int) -> None:
        super().__init__(below)
        self.reading, self.threads = reading, threads

    def start(self, seeds: Seeds) -> Iterator[Element]:
        return map_in_order(self.reading.element, self.below.start(seeds), self.threads)

    def batches(self, seeds: Seeds, size: int, *, drop_remainder: bool) -> Iterator[Element] | None:
        ordered = None if self.reading.skip else self.below.order(seeds)
        if ordered is None:
            return None
        arrays, places = ordered
        return self._whole(self._pieces(arrays, places, size, drop_remainder))

    def _pieces(
        self, arrays: Element, places: Iterator[int], size: int, drop_remainder: bool
    ) -> Iterator[_Piece]:
        """Yield the work of each batch, few images at a time: each hand-over costs some of it."""
        few = max(1, min(8, size // (2 * self.threads)))
        while chosen := list(itertools.islice(places, size)):
            if len(chosen) < size and drop_remainder:
                return
            paths = arrays[0] if isinstance(arrays, tuple) else arrays
            images = empty_on(np.empty(0), (len(chosen), *self.reading.shape), np.float32)
            labels = gathered(arrays[1:], chosen) if isinstance(arrays, tuple) else None
            batch = images if labels is None else (images, *labels)
            for first in range(0, len(chosen), few):
                yield _Piece(
                    batch,
                    paths[chosen[first : first + few]],
                    images[first : first + few],
                    last=first + few >= len(chosen),
                )

    def _read(self, piece: _Piece) -> _Piece:
        for path, image in zip(piece.paths, piece.images, strict=True):
            self.reading.read(path, image)
        return piece

    def _whole(self, pieces: Iterator[_Piece]) -> Iterator[Element]:
        read = map_in_order(self._read, pieces, self.threads)
        with closed_after(read):
            for piece in read:
                if piece.last:
                    yield piece.batch

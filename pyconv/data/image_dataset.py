# SPDX-License-Identifier: BSD-3-Clause
"""image_dataset_from_directory: a folder of images as a Dataset of batches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from pyconv.arguments import (
    DataFormat,
    checked_flag,
    checked_path,
    finite_number,
    normalise_data_format,
    one_of,
    several_names,
    whole_number,
)
from pyconv.callbacks.messages import tell
from pyconv.data.dataset import AUTOTUNE, Dataset, thread_count
from pyconv.data.image_files import (
    ColorMode,
    checked_color_mode,
    checked_size,
    pillow,
)
from pyconv.data.image_folder import EXTENSIONS, list_image_files, list_images
from pyconv.data.image_reading import ReadImages, Reading
from pyconv.data.node import Node
from pyconv.data.resampling import (
    RESAMPLINGS,
    Resampling,
    resample,
    resample_padded,
    resample_window,
)
from pyconv.data.sources import Slices
from pyconv.data.steps import DropNone, Shuffle

LabelMode: TypeAlias = Literal["int", "categorical", "binary"] | None
Subset: TypeAlias = Literal["training", "validation", "both"] | None

FUNCTION = "image_dataset_from_directory"


def image_dataset_from_directory(
    directory: str | os.PathLike[str],
    labels: Literal["inferred"] | Sequence[int] | None = "inferred",
    label_mode: LabelMode = "int",
    class_names: Sequence[str] | None = None,
    color_mode: ColorMode = "rgb",
    batch_size: int | None = 32,
    image_size: tuple[int, int] = (256, 256),
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: Subset = None,
    interpolation: Resampling = "bilinear",
    follow_links: bool = False,
    crop_to_aspect_ratio: bool = False,
    pad_to_aspect_ratio: bool = False,
    data_format: DataFormat | None = None,
    format: str = "tf",
    verbose: bool = True,
    *,
    on_error: Literal["raise", "skip"] = "raise",
) -> Any:
    """Return a Dataset of the images of a folder, decoded in threads ahead of their use.

    Images are float32, 0 to 255, (n, height, width, channels) or channels_first. Labels are (n,)
    int32 for "int", (n, 1) float32 for "binary", (n, classes) float32 for "categorical". What
    becomes of odd files is in pyconv.data.image_files; resizing does not antialias.

    Args:
        labels: "inferred": each folder of `directory` is a class, sorted by name. A list: a label
            per file, in the order of paths. None: no labels.
        label_mode: None: no labels, and all files count, also those in no folder.
        class_names: the folders that count, in this order.
        batch_size: None yields single images.
        shuffle: a new order for each pass, by `seed` or pyconv's generator; else by path.
        validation_split: the share of the files, in an order by `seed`, for the validation subset.
        subset: "training", "validation", or "both" for a list of two Datasets.
        interpolation: one of the names in pyconv.data.resampling.
        follow_links: also into folders that links lead to.
        crop_to_aspect_ratio: keep shapes, cutting off what does not fit.
        pad_to_aspect_ratio: keep shapes, filling up with black.
        format: "tf" alone.
        on_error: "skip" leaves out files that are no pictures, with a warning for each; how many
            batches there are is then unknown.
    Returns:
        a Dataset with the attributes `class_names` and `file_paths` (before each pass's shuffle).
    Raises:
        ValueError: an argument out of range, or no images. While reading: a file that is no
            picture; pyconv.data.bad_images lists all of them.
        ImportError: Pillow is not installed.
    Source: Keras image_dataset_from_directory.
    """
    pillow(FUNCTION)
    checked_flag(FUNCTION, "shuffle", shuffle)
    if seed is not None:
        seed = whole_number(FUNCTION, "seed", seed, 0)
    if label_mode is not None:
        one_of(FUNCTION, "label_mode", label_mode, ("int", "categorical", "binary"))
    one_of(FUNCTION, "format", format, ("tf",))
    one_of(FUNCTION, "on_error", on_error, ("raise", "skip"))
    if batch_size is not None:
        batch_size = whole_number(FUNCTION, "batch_size", batch_size, 1)
    _check_split(validation_split, subset, shuffle=shuffle, seed=seed)
    reading = _reading(
        color_mode,
        image_size,
        interpolation,
        crop=crop_to_aspect_ratio,
        pad=pad_to_aspect_ratio,
        data_format=data_format,
        skip=on_error == "skip",
    )
    files = _listed(directory, labels, class_names, label_mode, follow_links, verbose=verbose)
    if shuffle and seed is not None:
        files = files.shuffled(seed)  # as Keras does, so that a split is the same there and here
    options = (batch_size, label_mode)
    if subset is None:
        return _dataset(files, reading, *options, shuffle=shuffle, seed=seed)
    assert validation_split is not None
    held_out = int(validation_split * len(files.paths))
    parts = []
    for part in ("training", "validation") if subset == "both" else (subset,):
        own = files.without_last(held_out) if part == "training" else files.last(held_out)
        tell(f"Using {len(own.paths)} files for {part}.")
        if not own.paths:
            raise ValueError(f"{FUNCTION}: {directory}: no files for {part}")
        shuffles = shuffle and not (subset == "both" and part == "validation")
        parts.append(_dataset(own, reading, *options, shuffle=shuffles, seed=seed))
    return parts if subset == "both" else parts[0]


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


def _reading(
    color_mode: object,
    image_size: object,
    interpolation: object,
    *,
    crop: object,
    pad: object,
    data_format: DataFormat | None,
    skip: bool,
) -> Reading:
    mode = checked_color_mode(FUNCTION, color_mode)
    size = checked_size(FUNCTION, "image_size", image_size)
    name = interpolation.lower() if isinstance(interpolation, str) else interpolation
    one_of(FUNCTION, "interpolation", name, RESAMPLINGS)
    crops = checked_flag(FUNCTION, "crop_to_aspect_ratio", crop)
    pads = checked_flag(FUNCTION, "pad_to_aspect_ratio", pad)
    if crops and pads:
        raise ValueError(f"{FUNCTION}: crop_to_aspect_ratio and pad_to_aspect_ratio; must be one")
    how = resample_window if crops else resample_padded if pads else resample
    first = data_format is not None and normalise_data_format(FUNCTION, data_format)
    return Reading(FUNCTION, mode, size, str(name), how, first, skip)


def _check_split(
    validation_split: object, subset: object, *, shuffle: bool, seed: int | None
) -> None:
    if subset is not None:
        one_of(FUNCTION, "subset", subset, ("training", "validation", "both"))
    if (validation_split is None) != (subset is None):
        raise ValueError(f"{FUNCTION}: validation_split and subset; must both be given, or none")
    if validation_split is not None:
        share = finite_number(FUNCTION, "validation_split", validation_split, above=0.0)
        if share >= 1:
            raise ValueError(f"{FUNCTION}: validation_split={share}; must be below 1")
        if shuffle and seed is None:
            raise ValueError(
                f"{FUNCTION}: seed=None; must be given where files are shuffled and split, so that "
                "the two subsets do not overlap"
            )


def _listed(
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


def _dataset(
    files: Files,
    reading: Reading,
    batch_size: int | None,
    label_mode: LabelMode,
    *,
    shuffle: bool,
    seed: int | None,
) -> Dataset:
    labels = _encoded(files, label_mode)
    paths = np.array(files.paths, dtype=object)
    node: Node = Slices.of(paths if labels is None else (paths, labels))
    if shuffle:
        node = Shuffle(node, len(paths), seed, reshuffle=True)
    node = ReadImages(node, reading, thread_count(FUNCTION, AUTOTUNE))
    dataset = Dataset(DropNone(node) if reading.skip else node)
    if batch_size is not None:
        dataset = dataset.batch(batch_size)
    dataset = dataset.prefetch(AUTOTUNE)
    dataset.class_names, dataset.file_paths = files.class_names, files.paths
    return dataset


def _encoded(files: Files, label_mode: LabelMode) -> npt.NDArray[Any] | None:
    if files.labels is None:
        return None
    if label_mode == "int":
        return files.labels.astype(np.int32)
    if label_mode == "binary":
        return files.labels.astype(np.float32)[:, None]
    return np.eye(len(files.class_names or ()), dtype=np.float32)[files.labels]

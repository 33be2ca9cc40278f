# SPDX-License-Identifier: BSD-3-Clause
"""image_dataset_from_directory: a folder of images as a Dataset of batches."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from pyconv.arguments import (
    DataFormat,
    checked_flag,
    finite_number,
    normalise_data_format,
    one_of,
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
from pyconv.data.image_reading import ReadImages, Reading
from pyconv.data.labelled_files import FUNCTION, Files, LabelMode, encoded, listed
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

Subset: TypeAlias = Literal["training", "validation", "both"] | None


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
    files = listed(directory, labels, class_names, label_mode, follow_links, verbose=verbose)
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


def _dataset(
    files: Files,
    reading: Reading,
    batch_size: int | None,
    label_mode: LabelMode,
    *,
    shuffle: bool,
    seed: int | None,
) -> Dataset:
    labels = encoded(files, label_mode)
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

# SPDX-License-Identifier: BSD-3-Clause
"""ImageDataGenerator: batches of images, changed at random and standardised, without end."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from pyconv.arguments import checked_flag, whole_number
from pyconv.autograd import array_of
from pyconv.data.image_files import ColorMode
from pyconv.preprocessing.array_iterator import NumpyArrayIterator
from pyconv.preprocessing.batch_iterator import Saving
from pyconv.preprocessing.data_frame_iterator import DataFrameIterator
from pyconv.preprocessing.directory_iterator import DirectoryIterator
from pyconv.preprocessing.file_iterator import Loading
from pyconv.preprocessing.image_transform import Array
from pyconv.preprocessing.random_transform import RandomTransform
from pyconv.preprocessing.standardizing import center_each, scale_each


class ImageDataGenerator(RandomTransform):
    """Draws how to change each image, changes batches of them, and standardises the results.

    Geometry comes first, then channel_shift_range and brightness_range, preprocessing_function,
    rescale, and the standardisations in the order of their arguments, means before deviations.

    Args:
        featurewise_center, featurewise_std_normalization: take away the mean of each channel over
            the images of `fit`, divide by its deviation.
        samplewise_center, samplewise_std_normalization: the same by each image's own values.
        zca_whitening, zca_epsilon: whiten by the covariance of the images of `fit`.
        rotation_range: degrees, uniform either way.
        width_shift_range, height_shift_range: horizontal and vertical. A float below 1 is a share
            of the size, from 1 on pixels, uniform either way; an int n is a whole number of pixels
            below n; a list is what is chosen from, either way.
        brightness_range: (least, most) that a picture is multiplied by, in 256 steps.
        shear_range: degrees, uniform either way.
        zoom_range: (least, most), or z for (1 - z, 1 + z); drawn for height and width apart. Above
            1 shows more than the image.
        channel_shift_range: the most that is added to or taken from all values of an image, which
            stay within its least and largest.
        fill_mode, cval: what lies beyond the image, as in ops.affine_sample; with "constant" cval
            stands for all that is beyond the centres of the outermost pixels.
        horizontal_flip, vertical_flip: whether images are mirrored with a probability of 1/2.
        rescale: what values are multiplied by.
        preprocessing_function: takes an image (h, w, c) and returns one of the same shape.
        validation_split: the share, from the beginning, of subset="validation".
        interpolation_order: 0 takes the nearest pixel, 1 weighs four.
        dtype: of the batches, "float32" or "float64".
    Random numbers come from the one generator of the process; with a `seed`, from one of that seed.
    Source: Keras's legacy ImageDataGenerator; width_shift_range is horizontal, and turning is about
    the centre of images that are not square, too.

    >>> import numpy as np
    >>> generator = ImageDataGenerator(rotation_range=40, horizontal_flip=True, rescale=1 / 255)
    >>> images = np.zeros((6, 8, 8, 3), np.uint8)
    >>> next(generator.flow(images, batch_size=4)).shape
    (4, 8, 8, 3)
    """

    def flow(
        self,
        x: Any,
        y: Any = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: Any = None,
        seed: int | None = None,
        save_to_dir: str | PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
    ) -> NumpyArrayIterator:
        """Return an iterator over batches of arrays: images, with labels and weights where given.

        Args:
            x: (n, h, w, c) images; or (images, other) with an array, or a list of arrays, that go
                along unchanged.
            y: (n, ...) labels, of any kind.
            shuffle: draw a new order for each pass.
            sample_weight: (n,).
            save_to_dir: a folder into which every image that comes out is written, its values
                stretched to 0 to 255, as save_prefix, its number, a random number, save_format.
            ignore_class_split: whether the two subsets may hold different classes.
            subset: "training" or "validation", by validation_split.
        """
        return NumpyArrayIterator(
            x,
            y,
            self,
            batch_size=batch_size,
            shuffle=shuffle,
            sample_weight=sample_weight,
            seed=seed,
            saving=Saving.checked("flow", save_to_dir, save_prefix, save_format),
            subset=subset,
            ignore_class_split=ignore_class_split,
        )

    def flow_from_directory(
        self,
        directory: str | PathLike[str],
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
    ) -> DirectoryIterator:
        """Return an iterator over the image files of a folder whose folders are their classes.

        Prints how many there are.

        Args:
            target_size: (height, width) that images are resized to.
            color_mode: "grayscale", "rgb" or "rgba".
            classes: the folders that count, in the order of their numbers; all, sorted, by default.
            class_mode: labels one-hot ("categorical"), as numbers ("binary" or "sparse"), the
                images themselves ("input"), or none (None).
            follow_links: whether links to folders are followed.
            interpolation: Pillow's "nearest", "bilinear", "bicubic", "lanczos", "box", "hamming".
            keep_aspect_ratio: resize the largest centred window of the target's aspect ratio.
            shuffle, seed, save_to_dir, save_prefix, save_format, subset: as in flow; of each class
                the first files are the validation's.
        Raises:
            ValueError: no such folder; while iterating, a file that is no picture.
            ImportError: Pillow is not installed.
        """
        function = "flow_from_directory"
        return DirectoryIterator(
            directory,
            self,
            Loading.checked(function, target_size, color_mode, interpolation, keep_aspect_ratio),
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            saving=Saving.checked(function, save_to_dir, save_prefix, save_format),
            follow_links=follow_links,
            subset=subset,
        )

    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | PathLike[str] | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: ColorMode = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | PathLike[str] | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        keep_aspect_ratio: bool = False,
    ) -> DataFrameIterator:
        """Return an iterator over the image files that a table names.

        Args:
            dataframe: a pandas DataFrame, or any mapping of column names to columns.
            directory: what the paths are relative to.
            x_col, y_col, weight_col: the columns of paths, of labels and of weights.
            class_mode: as in flow_from_directory, where a label may be a list of classes in
                "categorical"; "raw": the column as it is; "multi_output": the columns of y_col.
            validate_filenames: leave out, with a warning, paths that are no files of images.
            others: as in flow_from_directory.
        """
        function = "flow_from_dataframe"
        return DataFrameIterator(
            dataframe,
            directory,
            self,
            Loading.checked(function, target_size, color_mode, interpolation, keep_aspect_ratio),
            x_col=x_col,
            y_col=y_col,
            weight_col=weight_col,
            classes=classes,
            class_mode=class_mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            saving=Saving.checked(function, save_to_dir, save_prefix, save_format),
            subset=subset,
            validate_filenames=validate_filenames,
        )

    def fit(self, x: Any, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Learn what the featurewise options and the whitening need.

        Args:
            x: (n, h, w, c) sample images; rescaled first.
            augment: learn from images changed at random, each `rounds` times.
        """
        images = self.as_images("fit", "x", x, 4).copy()
        if not len(images):
            raise ValueError(f"fit: x.shape={images.shape}; must hold images")
        rounds = whole_number("fit", "rounds", rounds, 1)
        if self.rescale:
            images *= images.dtype.type(self.rescale)
        if checked_flag("fit", "augment", augment):
            drawn = self.generator_of(seed)
            images = np.concatenate([self.random_batch(images, drawn) for _ in range(rounds)])
        self.learn(
            images,
            self.data_format,
            center=self.featurewise_center,
            deviation=self.featurewise_std_normalization,
            whitening_epsilon=self.zca_epsilon if self.zca_whitening else None,
        )

    def standardize(self, x: Any) -> Array:
        """Return an image, or (n, h, w, c) of them, standardised; floats are changed in place."""
        y: Array = np.asarray(array_of(x, "standardize: x"))
        if y.ndim not in (3, 4):
            raise ValueError(f"standardize: x.shape={y.shape}; must have 3 or 4 axes")
        if y.dtype.kind != "f" or not y.flags.writeable:
            y = y.astype(y.dtype if y.dtype.kind == "f" else self.dtype)
        if self.preprocessing_function is not None:
            y = self._preprocessed(y)
        if self.rescale:
            y *= y.dtype.type(self.rescale)
        if self.samplewise_center:
            center_each(y)
        if self.samplewise_std_normalization:
            scale_each(y)
        if self.featurewise_center:
            self.center(y)
        if self.featurewise_std_normalization:
            self.scale(y)
        return self.whitened(y) if self.zca_whitening else y

    def _preprocessed(self, x: Array) -> Array:
        assert self.preprocessing_function is not None
        images = x[None] if x.ndim == 3 else x
        for i, image in enumerate(images):
            made = self.preprocessing_function(image)
            what = "standardize: what preprocessing_function returned"
            result = np.asarray(image if made is None else array_of(made, what))
            if made is None or result.shape != image.shape:
                raise ValueError(
                    "standardize: preprocessing_function returned "
                    f"{'None' if made is None else f'shape {result.shape}'}; must be an image of "
                    f"shape {image.shape}"
                )
            images[i] = result
        return x

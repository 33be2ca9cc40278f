# SPDX-License-Identifier: BSD-3-Clause
"""DataFrameIterator: batches of the image files that a table names."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pyconv.arguments import checked_flag, checked_path, several_names
from pyconv.callbacks.messages import tell
from pyconv.data.image_files import pillow
from pyconv.preprocessing.batch_iterator import Saving, subset_shares
from pyconv.preprocessing.directory_iterator import CLASS_MODES, EXTENSIONS
from pyconv.preprocessing.file_iterator import FileIterator, Loading, checked_class_mode

if TYPE_CHECKING:
    from pyconv.preprocessing.image_data_generator import ImageDataGenerator

_FUNCTION = "flow_from_dataframe"
_MODES = (*CLASS_MODES, "multi_output", "raw")
_BY_CLASS = ("categorical", "binary", "sparse")


class DataFrameIterator(FileIterator):
    """What ImageDataGenerator.flow_from_dataframe returns.

    `filenames` are those of the table that are kept; `classes` their class numbers and
    `class_indices` the numbers by class name, where labels are classes.
    """

    def __init__(
        self,
        dataframe: Any,
        directory: str | os.PathLike[str] | None,
        image_data_generator: ImageDataGenerator,
        loading: Loading,
        *,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        saving: Saving,
        subset: str | None = None,
        validate_filenames: bool = True,
    ) -> None:
        pillow(_FUNCTION)
        mode = checked_class_mode(_FUNCTION, class_mode, _MODES)
        shares = subset_shares(_FUNCTION, subset, image_data_generator.validation_split)
        self.directory = (
            "" if directory is None else checked_path(_FUNCTION, "directory", directory)
        )
        names = _column(dataframe, "x_col", x_col)
        for row, name in enumerate(names):
            if not isinstance(name, str):
                raise TypeError(f"{_FUNCTION}: {x_col}[{row}]={name!r}; must be a path")
        kept = np.arange(len(names))
        if checked_flag(_FUNCTION, "validate_filenames", validate_filenames):
            kept = self._valid(names, x_col)
        if mode in _BY_CLASS:
            labels = _column(dataframe, "y_col", y_col, len(names))
            given = None if classes is None else several_names(_FUNCTION, "classes", classes)
            kept = self._classify(labels, kept, mode, given, str(y_col))
        if shares is not None:
            kept = kept[int(shares[0] * len(kept)) : int(shares[1] * len(kept))]
        self.filenames = [names[row] for row in kept]
        self.filepaths = [os.path.join(self.directory, name) for name in self.filenames]
        if mode in _BY_CLASS:
            self.classes = self.labels = [self._number(labels[row]) for row in kept]
        elif mode == "raw":
            self.labels = np.array(_column(dataframe, "y_col", y_col, len(names)))[kept]
        elif mode == "multi_output":
            if isinstance(y_col, str):
                raise TypeError(f"{_FUNCTION}: y_col={y_col!r}; must be a list of columns")
            columns = [_column(dataframe, "y_col", name, len(names)) for name in y_col]
            self.labels = [np.array(column)[kept] for column in columns]
        if weight_col is not None:
            weights = np.array(_column(dataframe, "weight_col", weight_col, len(names)))
            if weights.dtype.kind not in "fiu":
                raise TypeError(f"{_FUNCTION}: weight_col={weight_col!r}; must hold numbers")
            self.sample_weight = weights[kept]
        super().__init__(
            _FUNCTION,
            image_data_generator,
            loading,
            class_mode=mode,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
            saving=saving,
            subset=subset,
        )
        kind = "validated" if validate_filenames else "non-validated"
        of = f" belonging to {len(self.class_indices)} classes" if mode in _BY_CLASS else ""
        tell(f"Found {self.samples} {kind} image filenames{of}.")

    def _valid(self, names: list[str], x_col: str) -> np.ndarray[Any, Any]:
        """Return the rows whose path is a file with the ending of an image."""
        found = [
            row
            for row, name in enumerate(names)
            if name.lower().endswith(EXTENSIONS)
            and os.path.isfile(os.path.join(self.directory, name))
        ]
        if len(found) < len(names):
            warnings.warn(
                f"{_FUNCTION}: {x_col} has {len(names) - len(found)} paths that are no image "
                "files; they are left out",
                stacklevel=4,
            )
        return np.array(found, np.intp)

    def _classify(
        self,
        labels: list[Any],
        kept: np.ndarray[Any, Any],
        mode: str,
        classes: Sequence[str] | None,
        y_col: str,
    ) -> np.ndarray[Any, Any]:
        """Number the classes, and return the rows with a label among them."""
        for row in kept:
            label = labels[row]
            if not isinstance(label, str) and not (
                mode == "categorical" and isinstance(label, (list, tuple))
            ):
                several = ", or a list of them" if mode == "categorical" else ""
                raise TypeError(
                    f"{_FUNCTION}: {y_col}[{row}]={label!r}; must be a class name{several}"
                )
        found = sorted({one for row in kept for one in _listed(labels[row])})
        names = dict.fromkeys(classes or found)
        if mode == "binary" and len(names) != 2:
            raise ValueError(
                f"{_FUNCTION}: class_mode='binary' with {len(names)} classes; must be 2"
            )
        self.class_indices = {name: number for number, name in enumerate(names)}
        return np.array([row for row in kept if self._number(labels[row]) != []], np.intp)

    def _number(self, label: Any) -> Any:
        """Return a label's class number, or a list of them; [] where no class is known."""
        found = [self.class_indices[one] for one in _listed(label) if one in self.class_indices]
        return found[0] if isinstance(label, str) and found else found


def _listed(label: Any) -> list[Any]:
    return [label] if isinstance(label, str) else list(label)


def _column(dataframe: Any, argument: str, name: Any, rows: int | None = None) -> list[Any]:
    try:
        values = list(dataframe[name])
    except (KeyError, TypeError, IndexError):
        raise ValueError(
            f"{_FUNCTION}: {argument}={name!r}; must be a column of the table"
        ) from None
    if rows is not None and len(values) != rows:
        raise ValueError(f"{_FUNCTION}: column {name!r} has {len(values)} rows; must be {rows}")
    return values

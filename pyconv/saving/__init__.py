# SPDX-License-Identifier: BSD-3-Clause
"""Save and load whole models."""

from __future__ import annotations

import os

from pyconv.arguments import checked_flag
from pyconv.models.model import Model
from pyconv.saving.configuration import CustomObjects, deserialize_layer, serialize_layer
from pyconv.saving.keras_archive import load_keras, save_keras
from pyconv.saving.legacy_model import load_legacy, save_legacy
from pyconv.saving.npz import load_npz, save_npz
from pyconv.saving.opening import checked_format, opened
from pyconv.saving.weights import read_weights_file, write_weights_file

FORMATS = (".keras", ".h5", ".npz")
WRITERS = dict(zip(FORMATS, (save_keras, save_legacy, save_npz), strict=True))
READERS = dict(zip(FORMATS, (load_keras, load_legacy, load_npz), strict=True))


def save_model(model: Model, filepath: str | os.PathLike[str]) -> None:
    """Write the whole model: layers, weights, compile and optimizer state, random state.

    Args:
        filepath: ends in .keras or .h5, which Keras opens too and which need h5py, or in .npz,
            which needs nothing; the old file is replaced once the new one is complete.
    Raises:
        ValueError: another suffix, or a model that is not built. OSError: naming the file.
        ImportError: no h5py.
    Source: Keras save_model.
    """
    from pyconv import __version__

    WRITERS[checked_format("save", filepath, FORMATS)](model, filepath, __version__)


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: CustomObjects | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Return a model that `save_model` or Keras (2 and 3: .h5; 3: .keras) wrote, ready to train on.

    `fit(..., initial_epoch=)` goes on bit for bit with a file written here, as if it had never
    stopped. Nothing in the file is run, and no class it names is imported.

    Args:
        custom_objects: your own layers by class name.
        compile: restore optimizer, loss and metrics, too.
        safe_mode: as Keras's programs give it; nothing in a file is run without it, either.
    Raises:
        ValueError: naming the file and what is wrong with it. OSError: it cannot be read.
    Source: Keras load_model.
    """
    checked_flag("load_model", "safe_mode", safe_mode)
    suffix = checked_format("load_model", filepath, FORMATS)
    with opened("load_model", filepath, suffix) as file:
        return READERS[suffix](file, custom_objects, compile)


def save_weights(model: Model, filepath: str | os.PathLike[str]) -> None:
    """Do what `model.save_weights` says."""
    from pyconv import __version__

    write_weights_file(model, filepath, __version__)


def load_weights(model: Model, filepath: str | os.PathLike[str], by_name: bool = False) -> None:
    """Do what `model.load_weights` says."""
    read_weights_file(model, filepath, by_name)


__all__ = [
    "deserialize_layer",
    "load_model",
    "load_weights",
    "save_model",
    "save_weights",
    "serialize_layer",
]

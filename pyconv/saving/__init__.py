# SPDX-License-Identifier: BSD-3-Clause
"""Save and load whole models."""

from __future__ import annotations

import os
import stat

from pyconv.models.model import Model
from pyconv.saving.configuration import CustomObjects, deserialize_layer, serialize_layer
from pyconv.saving.npz import load_npz, save_npz


def _checked_suffix(function: str, path: str | os.PathLike[str]) -> str:
    name = os.fspath(path)
    if not isinstance(name, str):
        raise TypeError(f"{function}: filepath={name!r}; must be a string or a Path")
    if not name.endswith(".npz"):
        raise ValueError(
            f"{function}: filepath={name!r}; must end in .npz, the format of this version"
        )
    return name


def save_model(model: Model, filepath: str | os.PathLike[str]) -> None:
    """Write the whole model: layers, weights, compile and optimizer state, random state.

    Args:
        filepath: ends in .npz; a file that stands there is replaced once the new one is complete.
    Raises:
        ValueError: another suffix, or a model that is not built. OSError: naming the file.
    Source: Keras save_model.
    """
    from pyconv import __version__

    save_npz(model, _checked_suffix("save", filepath), __version__)


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: CustomObjects | None = None,
    compile: bool = True,
) -> Model:
    """Return a model that `save_model` wrote, ready to predict and to train on.

    `fit(..., initial_epoch=)` then goes on bit for bit as if it had never stopped. Nothing in the
    file is run, and no class it names is imported.

    Args:
        custom_objects: your own layers by class name.
        compile: restore optimizer, loss and metrics, too.
    Raises:
        ValueError: naming the file and what is wrong with it. OSError: it cannot be read.
    Source: Keras load_model.
    """
    name = _checked_suffix("load_model", filepath)
    descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK)  # a FIFO must not make it wait
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"load_model: {name}: not a regular file")
    with open(descriptor, "rb") as file:
        try:
            return load_npz(file, custom_objects, compile)
        except ValueError as error:
            raise ValueError(f"load_model: {name}: {error}") from None


__all__ = ["deserialize_layer", "load_model", "save_model", "serialize_layer"]

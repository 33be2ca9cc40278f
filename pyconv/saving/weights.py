# SPDX-License-Identifier: BSD-3-Clause
"""Weights alone: model.save_weights and load_weights, in the format that the suffix names."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from pyconv.models.model import Model
from pyconv.saving.archive import ArchiveReader, Arrays, write_archive
from pyconv.saving.atomic import atomic_write
from pyconv.saving.hdf5 import hdf5_bytes, open_hdf5
from pyconv.saving.keras_archive import read_keras_weights
from pyconv.saving.keras_weights import read_weights, write_weights
from pyconv.saving.legacy_weights import read_legacy_weights, write_legacy_weights
from pyconv.saving.matching import Matching
from pyconv.saving.opening import checked_format, opened

FORMAT = "pyconv weights 1"
FORMATS = (".weights.h5", ".h5", ".npz")
PREFIX = "weights/"


def write_weights_file(model: Model, path: str | os.PathLike[str], version: str) -> None:
    """Write a model's weights; the old file is replaced once the new one is complete."""
    suffix = checked_format("save_weights", path, FORMATS)
    if not model.built:
        raise ValueError(
            f"save_weights: {model.name!r} is not built; give an Input or call build first"
        )
    if suffix == ".npz":
        arrays = _arrays(model)
        with atomic_write(path) as file:
            write_archive(file, arrays)
        return
    fill: Any = write_weights if suffix == ".weights.h5" else write_legacy_weights
    data = hdf5_bytes(f"save_weights: writing {suffix}", version, partial(_filled, fill, model))
    with atomic_write(path) as file:
        file.write(data)


def _filled(fill: Any, model: Model, file: Any) -> None:
    fill(file, model)


def _arrays(model: Model) -> Arrays:
    paths = model.paths()
    if len({path for path, _, _ in paths}) < len(paths):
        raise ValueError(
            f"save_weights: two weights of {model.name!r} have one name; name the layers apart"
        )
    config = np.frombuffer(json.dumps({"format": FORMAT}).encode(), np.uint8)
    return {"config": config, **{PREFIX + path: v.numpy() for path, v, _ in paths}}


def read_weights_file(model: Model, path: str | os.PathLike[str], by_name: bool) -> None:
    """Copy the weights of a file into a model; where they differ, nothing changes."""
    suffix = checked_format("load_weights", path, (".keras", *FORMATS))
    if by_name and suffix != ".h5":
        raise ValueError(
            f"load_weights: by_name=True; only .h5 files have names, {suffix} has none"
        )
    if not model.built:
        raise ValueError(
            f"load_weights: {model.name!r} is not built; give an Input or call build first"
        )
    what = f"load_weights: reading {suffix}"
    with opened("load_weights", path, suffix) as file:
        if suffix == ".npz":
            _read_npz(file, model)
            return
        if suffix == ".keras":
            read_keras_weights(file, model)
            return
        with open_hdf5(what, file) as root:
            if root.names_in("layer_names") is not None or root.has("model_weights"):
                read_legacy_weights(root, model, by_name)
            elif by_name:
                raise ValueError("has no layer names; load it without by_name")
            else:
                read_weights(root, model)


def _read_npz(file: BinaryIO, model: Model) -> None:
    """Copy weights one by one, in the order in which they were written."""
    archive = ArchiveReader(file)
    names = [name for name in archive.members if name.startswith(PREFIX)]
    paths, matching = model.paths(), Matching()
    if len(names) != len(paths):
        raise ValueError(
            f"weights differ from the model's: {len(names)} {[n[len(PREFIX) :] for n in names]}, "
            f"expected {len(paths)} {[path for path, _, _ in paths]}"
        )
    for name, (_, variable, _) in zip(names, paths, strict=True):
        shape, dtype = archive.shape_and_dtype(name)
        read = partial(archive.read, name, archive.size)
        matching.pair(variable, name, shape, dtype, read)
    matching.assign()

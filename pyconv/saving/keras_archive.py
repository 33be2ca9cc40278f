# SPDX-License-Identifier: BSD-3-Clause
"""Whole models in Keras 3's .keras files: a zip of metadata, configuration and weights."""

from __future__ import annotations

import io
import json
import os
import re
import stat
import time
import zipfile
from functools import partial
from typing import Any, BinaryIO

from pyconv import random
from pyconv.models.model import Model
from pyconv.saving.archive import ZIP_ERRORS
from pyconv.saving.atomic import atomic_write
from pyconv.saving.building import build_model, layer_shapes
from pyconv.saving.checksum import PLACE, is_sealed, seal
from pyconv.saving.compilation import (
    compile_config,
    optimizer_arrays,
    read_compiled,
    restore_optimizer,
    resume_random,
)
from pyconv.saving.configuration import (
    JSON_BYTES,
    CustomObjects,
    known_to_keras,
    parse_json,
    serialize_layer,
)
from pyconv.saving.hdf5 import Dataset, Group, hdf5_bytes, open_hdf5
from pyconv.saving.keras_configuration import current_form
from pyconv.saving.keras_weights import read_weights, write_weights
from pyconv.saving.legacy_model import WIDENING
from pyconv.saving.legacy_weights import KERAS

Config = dict[str, Any]
METADATA, CONFIG, WEIGHTS = "metadata.json", "config.json", "model.weights.h5"
OTHER_WEIGHTS = {
    "model.weights.npz": "its weights are an .npz that only Keras reads; save it without",
    "model.weights.json": "its weights are split over several files; save it in one",
}
MEMBERS = 10_000
NAME = re.compile(r"(?!.*(^|/)\.\.?(/|$))[\w .()+-]+(/[\w .()+-]+)*/?", re.ASCII)
DATE = "%Y-%m-%d@%H:%M:%S"


def save_keras(model: Model, path: str | os.PathLike[str], version: str) -> None:
    """Write a model; the old file is replaced once the new one is complete."""
    if not model.built:
        raise ValueError(f"save: {model.name!r} is not built; give an Input or call build first")
    compiled = compile_config(model)
    config = serialize_layer(model)
    config["build_config"] = {"input_shape": model.build_shape}
    if compiled is not None:
        config["compile_config"] = {"loss_weights": None, "weighted_metrics": None, **compiled}
    own = {"version": version, "random": random.get_state()}
    shapes = layer_shapes(model)
    if shapes is not None:
        own["layer_shapes"] = shapes
    metadata = {"keras_version": KERAS, "date_saved": time.strftime(DATE), "pyconv": own}
    fill = partial(_fill, model, compiled is not None)
    members = {
        METADATA: json.dumps(metadata).encode(),
        CONFIG: json.dumps(known_to_keras(config), allow_nan=False).encode(),
        WEIGHTS: hdf5_bytes("save: writing .keras", version, fill),
    }
    with atomic_write(path) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, data in members.items():
                archive.writestr(zipfile.ZipInfo(name), data)
            archive.comment = PLACE
        seal(file)


def _fill(model: Model, compiled: bool, file: Any) -> None:
    write_weights(file, model)
    if not compiled:
        return
    group = file.create_group("optimizer/vars")
    group.attrs["name"] = model.optimizer.name
    for number, (_, array) in enumerate(optimizer_arrays(model)):
        group.create_dataset(str(number), data=array)


class _Members:
    """The members of a .keras file, read by exact name, never extracted."""

    def __init__(self, file: BinaryIO) -> None:
        self.sealed = is_sealed(file)
        try:
            self._zip = zipfile.ZipFile(file)
        except ZIP_ERRORS as error:
            raise ValueError(f"not a readable .keras archive: {error}") from None
        infos = self._zip.infolist()
        if len(infos) > MEMBERS:
            raise ValueError(f"{len(infos)} members; at most {MEMBERS}")
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            _check(info)
            if info.filename in self._infos:
                raise ValueError(f"member {info.filename!r} stands there twice")
            self._infos[info.filename] = info

    def has(self, name: str) -> bool:
        return name in self._infos

    def read(self, name: str, limit: int) -> bytes:
        """Return a member whose checksum fits, of at most `limit` bytes."""
        info = self._infos.get(name)
        if info is None:
            raise ValueError(f"member {name!r} is missing")
        if info.file_size > limit:
            raise ValueError(f"member {name!r} has {info.file_size} bytes; at most {limit}")
        try:
            with self._zip.open(info) as member:
                data = member.read()
        except ZIP_ERRORS as error:
            raise ValueError(f"member {name!r}: {error}") from None
        if len(data) != info.file_size:
            raise ValueError(f"member {name!r} is cut short")
        return data


def _check(info: zipfile.ZipInfo) -> None:
    """Refuse members that lead out of the archive, or that are more than they seem."""
    name = info.filename
    if not NAME.fullmatch(name) or info.orig_filename != name:
        raise ValueError(f"member {name[:200]!r} has no name of a model's file")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise ValueError(f"member {name!r} is a link")
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise ValueError(f"member {name!r} is compressed; must be stored as it is")
    if info.flag_bits & 0x1:
        raise ValueError(f"member {name!r} is encrypted")


def load_keras(file: BinaryIO, custom_objects: CustomObjects | None, compile: bool) -> Model:
    """Return the model of an open file; whatever is wrong with it: ValueError."""
    size = os.fstat(file.fileno()).st_size
    members = _Members(file)
    metadata = parse_json(members.read(METADATA, JSON_BYTES))
    own = metadata.get("pyconv")
    if own is not None and not members.sealed:
        raise ValueError("cut short or changed: it does not end in its checksum")
    config = current_form(parse_json(members.read(CONFIG, JSON_BYTES)))
    for name, reason in OTHER_WEIGHTS.items():
        if members.has(name):
            raise ValueError(reason)
    weights = io.BytesIO(members.read(WEIGHTS, size))
    built = config.get("build_config")
    shape = built.get("input_shape") if isinstance(built, dict) else None
    shapes = own.get("layer_shapes") if isinstance(own, dict) else None
    model = build_model(config, shape, custom_objects, WIDENING * size, shapes)
    with open_hdf5("load_model: reading .keras", weights) as root:
        read_weights(root, model)
        said = config.get("compile_config") or None  # {} after Keras loaded what was not compiled
        compiled = read_compiled(said) if compile else None
        if compiled is not None:
            restore_optimizer(compiled, model, _optimizer_variables(root))
            model.use_compiled(compiled)
    if own is not None:
        resume_random(model, own.get("random") if isinstance(own, dict) else None)
    return model


def read_keras_weights(file: BinaryIO, model: Model) -> None:
    """Copy the weights alone of a whole model's file into a model."""
    size = os.fstat(file.fileno()).st_size
    weights = io.BytesIO(_Members(file).read(WEIGHTS, size))
    with open_hdf5("load_weights: reading .keras", weights) as root:
        read_weights(root, model)


def _optimizer_variables(root: Group) -> list[Dataset]:
    group = root.group("optimizer/vars")
    names = [] if group is None else group.names()
    found = [None if group is None else group.dataset(name) for name in names]
    return [dataset for dataset in found if dataset is not None]

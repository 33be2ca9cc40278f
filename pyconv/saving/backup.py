# SPDX-License-Identifier: BSD-3-Clause
"""A running fit in one .npz file: weights, optimizer and a tree of numbers, texts and arrays.

Members: `config` (JSON as uint8), `weights/<i>`, `slots/<i>/<slot>`, `state/<i>`.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any

import numpy as np

from pyconv.layers import Layer
from pyconv.saving.archive import ArchiveReader, Arrays, write_archive
from pyconv.saving.atomic import atomic_write
from pyconv.saving.configuration import JSON_BYTES, parse_json

FORMAT = "pyconv backup 1"


def save_backup(
    model: Layer, optimizer: Any, state: dict[str, Any], path: str | os.PathLike[str]
) -> None:
    """Write a model's weights, its optimizer's state and a state; the old file stays until then."""
    arrays: Arrays = {"config": np.empty(0, np.uint8)}
    paths = []
    for number, (name, variable, _) in enumerate(model.paths()):
        paths.append(name)
        arrays[f"weights/{number}"] = variable.numpy()
        for slot, array in optimizer.state_of(variable).items():
            arrays[f"slots/{number}/{slot}"] = array
    config = {
        "format": FORMAT,
        "paths": paths,
        "optimizer": type(optimizer).__name__,
        "iterations": int(optimizer.calls),
        "state": _written(state, arrays),
    }
    arrays["config"] = np.frombuffer(json.dumps(config, allow_nan=False).encode(), np.uint8)
    with atomic_write(path) as file:
        write_archive(file, arrays)


def load_backup(model: Layer, optimizer: Any, path: str | os.PathLike[str]) -> dict[str, Any]:
    """Put weights and optimizer where `save_backup` found them, and return the state.

    Raises:
        ValueError: the file is damaged, or of another model or optimizer; nothing has changed.
    """
    with open(path, "rb") as file:
        try:
            archive = ArchiveReader(file)
            config = parse_json(archive.read("config", JSON_BYTES).tobytes())
            if config.get("format") != FORMAT:
                raise ValueError(f"format {config.get('format')!r}; this version reads {FORMAT!r}")
            return _restore(model, optimizer, archive, config)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"resume: {os.fspath(path)}: {error}") from None


def _restore(
    model: Layer, optimizer: Any, archive: ArchiveReader, config: dict[str, Any]
) -> dict[str, Any]:
    found, named = model.paths(), config["paths"]
    shapes = [archive.shape_and_dtype(f"weights/{i}") for i in range(len(named))]
    if shapes != [(v.shape, v.dtype) for _, v, _ in found]:
        raise ValueError(f"its weights {named} are not those of the model {model.name!r}")
    if config["optimizer"] != type(optimizer).__name__:
        raise ValueError(
            f"its optimizer is {config['optimizer']}; the model's is {type(optimizer).__name__}"
        )
    values = [archive.read(f"weights/{i}", v.array.nbytes) for i, (_, v, _) in enumerate(found)]
    slots = [_slots(archive, i, optimizer.all_slots, v) for i, (_, v, _) in enumerate(found)]
    state: dict[str, Any] = _read(config["state"], archive)
    for (_, variable, _), value, own in zip(found, values, slots, strict=True):
        variable.assign(value)
        if own:
            optimizer.set_state_of(variable, own)
    optimizer.calls = config["iterations"]
    return state


def _slots(archive: ArchiveReader, number: int, slots: Any, variable: Any) -> Arrays:
    """Return the optimizer's arrays of one weight by slot; none before its first step."""
    names = {slot: f"slots/{number}/{slot}" for slot in slots}
    if not any(name in archive.members for name in names.values()):
        return {}
    found = {slot: archive.read(name, variable.array.nbytes) for slot, name in names.items()}
    for slot, array in found.items():
        if array.shape != variable.shape or array.dtype != variable.dtype:
            raise ValueError(f"{names[slot]} is {array.dtype}{array.shape}")
    return found


def _written(value: Any, arrays: Arrays) -> Any:
    """Return a tree fit for JSON; arrays become members, numbers that are not finite texts."""
    if isinstance(value, dict):
        return {"tree": {str(key): _written(item, arrays) for key, item in value.items()}}
    if isinstance(value, (list, tuple)):
        return [_written(item, arrays) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        name = f"state/{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is not None and not isinstance(value, (bool, int, float, str)):
        raise TypeError(f"back_up: a state holds a {type(value).__name__}; must be plain")
    return value


def _read(value: Any, archive: ArchiveReader) -> Any:
    if isinstance(value, list):
        return [_read(item, archive) for item in value]
    if not isinstance(value, dict):
        return value
    if "tree" in value:
        return {key: _read(item, archive) for key, item in value["tree"].items()}
    if "float" in value:
        return float(value["float"])
    return np.array(archive.read(value["array"], archive.size))

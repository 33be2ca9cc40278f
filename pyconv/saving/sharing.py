# SPDX-License-Identifier: BSD-3-Clause
"""A layer that a configuration writes twice is one layer again when it is read, as in Keras."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyconv.layers import Layer

KEY = "shared_object_id"
Config = dict[str, Any]


class _Scope(threading.local):
    """What this thread has written and read since its outermost configuration began."""

    depth = 0

    def begin(self) -> None:
        self.configs: dict[int, tuple[Layer, Config]] = {}
        self.layers: dict[int, Layer] = {}
        self.shared = 0


_scope = _Scope()


@contextmanager
def one_configuration() -> Iterator[None]:
    """Let layers inside the outermost of these blocks be told apart by identity."""
    if not _scope.depth:
        _scope.begin()
    _scope.depth += 1
    try:
        yield
    finally:
        _scope.depth -= 1
        if not _scope.depth:
            _scope.begin()


def note_written(layer: Layer, config: Config) -> None:
    """Number a layer's configuration, and the first one of the layer, if it is not the first."""
    first = _scope.configs.setdefault(id(layer), (layer, config))[1]
    if first is not config:
        if KEY not in first:
            _scope.shared += 1
            first[KEY] = _scope.shared
        config[KEY] = first[KEY]


def read_before(config: Config) -> Layer | None:
    """Return the layer that a configuration with the same number made, None where none did."""
    number = config.get(KEY)
    if number is not None and type(number) is not int:
        raise ValueError(f"{KEY}={number!r}; must be an integer")
    return None if number is None else _scope.layers.get(number)


def note_read(layer: Layer, config: Config) -> None:
    """Remember the layer of a configuration that has a number."""
    if config.get(KEY) is not None:
        _scope.layers[config[KEY]] = layer

# SPDX-License-Identifier: BSD-3-Clause
"""The libraries that a worker process can run, each behind the same two functions."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from benchmarks.inputs import Arrays
from benchmarks.row import Options, Task

_MODULES = {
    "pyconv": "ours",
    "torch": "pytorch",
    "keras": "keras_torch",
    "onnxruntime": "onnx_runtime",
    "tensorflow": "keras_tensorflow",
    "jax": "keras_jax",
    "numpy-book": "numpy_book",
}


@dataclass(frozen=True)
class Job:
    """A prepared task: `run` is what is timed, `result` turns what it returns into arrays.

    Results of all libraries for one task have the same names, shapes and order of axes.
    """

    run: Callable[[], Any]
    result: Callable[[Any], Arrays]


class Library(Protocol):
    """What a module of this package defines."""

    def versions(self) -> dict[str, str]:
        """Return the versions that a report names."""

    def prepare(self, task: Task, inputs: Arrays, options: Options) -> Job:
        """Return the task on the library's own arrays; NotImplementedError where it has none."""


def load(library: str) -> Library:
    """Import a library by the name that reports print; ImportError where it is missing."""
    return cast(Library, importlib.import_module(f"{__name__}.{_MODULES[library]}"))

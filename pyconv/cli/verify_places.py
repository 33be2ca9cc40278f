# SPDX-License-Identifier: BSD-3-Clause
"""Where a verification runs: the processor's instruction sets, and the GPU where there is one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyconv import backend
from pyconv.cli.verify_arrays import Array


def _same(array: Array) -> Any:
    return array


@dataclass(frozen=True)
class Place:
    """A column of the card: how arrays get there and back, and what chooses it."""

    name: str
    choose: Callable[[], None]
    there: Callable[[Array], Any] = _same
    back: Callable[[Any], Array] = _same
    has_threads: bool = True


def processor(isa: str) -> Place:
    """Return the processor under one instruction set."""
    return Place(isa, lambda: backend.use_instruction_set(isa))


def gpu(arrays: Any) -> Place:
    """Return the GPU of a module of arrays such as CuPy."""
    return Place("cuda", lambda: None, arrays.asarray, arrays.asnumpy, has_threads=False)


def places() -> list[Place]:
    """Return all places of this machine; PYCONV_ISA leaves one instruction set."""
    only = os.environ.get("PYCONV_ISA")
    found = [processor(isa) for isa in ([only] if only else backend.instruction_sets())]
    arrays = backend.cuda_arrays()
    return found if arrays is None else [*found, gpu(arrays)]

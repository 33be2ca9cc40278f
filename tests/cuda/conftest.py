# SPDX-License-Identifier: BSD-3-Clause
"""The fixture that runs a test on the CUDA kernels, simulated by the host SIMT layer."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

SEEDS = (1, 2, 3)  # orders of blocks and threads


@pytest.fixture(scope="session")
def simt_module() -> ModuleType:
    """Return pyconv._simt, or skip where it is not built."""
    return pytest.importorskip(
        "pyconv._simt", reason="pyconv._simt is not built; PYCONV_SIMT=ON pip install -e ."
    )


@pytest.fixture(params=SEEDS, ids=lambda seed: f"seed{seed}")
def seed(request: pytest.FixtureRequest) -> int:
    """Return the number of a schedule."""
    number: int = request.param
    return number


Checked = Callable[[str, str, str, int], None]


@pytest.fixture
def checked(seed: int, request: pytest.FixtureRequest) -> Checked:
    """Tell the report of how many drawn shapes a stage's pass in a precision was right.

    benchmarks/hostile_shapes.py adds them up.
    """

    def record(stage: str, direction: str, precision: str, shapes: int) -> None:
        told = f"{stage} {direction} {precision} {seed} {shapes}"
        request.node.user_properties.append(("shapes", told))

    return record


@pytest.fixture
def simt(seed: int, simt_module: ModuleType) -> Iterator[ModuleType]:
    """Serve NumPy arrays from the simulated kernels, under one fixed schedule."""
    backend = importlib.import_module("pyconv.backend")
    simt_module.set_schedule_seed(seed)
    backend._use_host_kernels("simt")
    yield simt_module
    backend._use_host_kernels("core")


@pytest.fixture
def kernels(simt_module: ModuleType) -> Iterator[ModuleType]:
    """Serve NumPy arrays from the simulated kernels; none may meet a bank conflict."""
    backend = importlib.import_module("pyconv.backend")
    backend._use_host_kernels("simt")
    simt_module.count_banks(True)
    yield simt_module
    phases, conflicts = simt_module.bank_count()
    simt_module.count_banks(False)
    simt_module.force_block(-1, -1)
    simt_module.set_schedule_seed(1)
    backend._use_host_kernels("core")
    assert phases > 0
    assert conflicts == 0

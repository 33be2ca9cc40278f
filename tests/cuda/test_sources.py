# SPDX-License-Identifier: BSD-3-Clause
"""Rules of the kernels' source that no compiler checks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CUDA = Path(__file__).resolve().parents[2] / "src_cuda"
KERNELS = sorted((CUDA / "ops").glob("*.cuh"))


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_device_code_is_free_of_host_headers(path: Path) -> None:
    included = re.findall(r'#include (["<][^">]+[">])', path.read_text())
    assert all(name == '"vocabulary.cuh"' or name.endswith('.cuh"') for name in included), included
    assert '"launch.cuh"' not in included


@pytest.mark.parametrize("path", KERNELS, ids=lambda path: path.name)
def test_kernels_use_one_axis_no_float_atomics_and_no_assembly(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"(threadIdx|blockIdx|blockDim|gridDim)\.[yz]", text)
    assert "asm" not in re.findall(r"\w+", text)
    assert not re.search(r"\batomic[A-Z]", text)


def test_assembly_stands_in_ptx_alone() -> None:
    files = [path for end in ("cuh", "cu", "hpp", "cpp") for path in CUDA.rglob(f"*.{end}")]
    found = {path.name for path in files if re.search(r"\basm\b", path.read_text())}
    assert found == {"ptx.cuh", "fiber.cpp"}  # fiber.cpp switches stacks of the host


def test_launches_go_through_the_macro_alone() -> None:
    for path in CUDA.rglob("*.cu"):
        assert "<<<" not in path.read_text(), path

# SPDX-License-Identifier: BSD-3-Clause
"""PYCONV_CUDA decides as documented, whatever compilers and GPUs the machine shows."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = """
cmake_minimum_required(VERSION 3.24)
project(probe LANGUAGES CXX)
function(pybind11_add_module target)
  list(REMOVE_ITEM ARGN NO_EXTRAS)
  add_library(${target} MODULE ${ARGN})
endfunction()
include(cmake/cuda.cmake)
message(STATUS "builds CUDA: ${PYCONV_BUILDS_CUDA} for ${CMAKE_CUDA_ARCHITECTURES}")
"""

pytestmark = pytest.mark.gates


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project that includes cmake/cuda.cmake and nothing else."""
    if shutil.which("cmake") is None:
        pytest.skip("no cmake outside the build: the build options are not tried")
    for name in ("src_cuda", "src_cpp", "cmake"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "CMakeLists.txt").write_text(PROJECT)
    (tmp_path / "bin").mkdir()
    return tmp_path


def tool(project: Path, name: str, body: str) -> None:
    script = project / "bin" / name
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)


def configure(project: Path, option: str | None, *more: str, nvcc: str | None) -> tuple[int, str]:
    """Configure where the only CUDA compiler, if any, is `nvcc`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CUDA", "PYCONV"))}
    if option is not None:
        environment["PYCONV_CUDA"] = option
    environment["CUDACXX"] = nvcc or str(project / "no-such-compiler")
    environment["PATH"] = f"{project / 'bin'}{os.pathsep}{environment['PATH']}"
    command = ["cmake", "-S", str(project), "-B", str(project / "build"), *more]
    run = subprocess.run(
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    return run.returncode, " ".join((run.stdout + run.stderr).split())


def real_nvcc() -> str:
    found = shutil.which("nvcc") or shutil.which("nvcc", path="/usr/local/cuda/bin")
    if found is None:
        pytest.skip("no nvcc")
    return found


def test_off_builds_none(project: Path) -> None:
    status, text = configure(project, None, "-DPYCONV_CUDA=OFF", nvcc=None)
    assert status == 0
    assert "CUDA is off" in text
    assert "builds CUDA: FALSE" in text


def test_auto_without_a_gpu_builds_for_the_cpu(project: Path) -> None:
    tool(project, "nvidia-smi", "exit 9")
    status, text = configure(project, None, nvcc=None)
    assert status == 0
    assert "no NVIDIA GPU found, building for the CPU alone" in text


def test_auto_survives_a_broken_compiler(project: Path) -> None:
    tool(project, "nvidia-smi", "echo 9.0")
    tool(project, "nvcc", "echo unsupported GNU version >&2; exit 1")
    status, text = configure(project, "AUTO", nvcc=str(project / "bin" / "nvcc"))
    assert status == 0, text
    assert "no working CUDA compiler found, building for the CPU alone" in text


def test_auto_survives_a_gpu_older_than_the_compiler(project: Path) -> None:
    tool(project, "nvidia-smi", "echo 3.0")
    status, text = configure(project, "auto", nvcc=real_nvcc())
    assert status == 0, text
    assert "fails for sm_30" in text
    assert "builds CUDA: FALSE" in text


def test_auto_builds_for_the_gpu_that_is_there(project: Path) -> None:
    tool(project, "nvidia-smi", "printf '9.0\\n9.0\\n'")
    status, text = configure(project, "AUTO", nvcc=real_nvcc())
    assert status == 0, text
    assert "builds CUDA: TRUE for 90-real" in text


def test_on_builds_all_architectures(project: Path) -> None:
    status, text = configure(project, "ON", nvcc=real_nvcc())
    assert status == 0, text
    assert "builds CUDA: TRUE for all-major" in text


def test_on_without_a_compiler_is_an_error_that_names_the_way_out(project: Path) -> None:
    tool(project, "nvcc", "exit 1")
    status, text = configure(project, "ON", nvcc=str(project / "bin" / "nvcc"))
    assert status != 0
    assert "PYCONV_CUDA=ON needs a CUDA compiler" in text
    assert "-C cmake.define.PYCONV_CUDA=OFF" in text


def test_another_word_is_refused(project: Path) -> None:
    status, text = configure(project, "MAYBE", nvcc=None)
    assert status != 0
    assert "PYCONV_CUDA=MAYBE; must be AUTO, ON or OFF" in text

# SPDX-License-Identifier: BSD-3-Clause
"""What may be included or imported where, and what an import of pyconv brings along."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HOMES = [
    # pattern, the files searched, where it may stand
    (
        r"#include <\w*intrin\.h>",
        "src_cpp/**/*.[ch]pp",
        ("src_cpp/simd/", "src_cpp/parallel.cpp", "src_cpp/pause.hpp"),
    ),
    (r"#include <omp\.h>|#pragma omp", "src_cpp/**/*.[ch]pp", ("src_cpp/team_openmp.cpp",)),
    (r"-mavx|-mfma", "CMakeLists.txt", ("CMakeLists.txt",)),
    (r"march=native|ffast-math", "CMakeLists.txt", ()),
    (
        r"\b(import|from) (cupy|pyconv\._\w+)\b|import _core",
        "pyconv/**/*.py",
        ("pyconv/backend/",),
    ),
]


@pytest.mark.parametrize(("pattern", "files", "homes"), HOMES)
def test_stands_only_at_home(
    checkout: Path, pattern: str, files: str, homes: tuple[str, ...]
) -> None:
    searched = sorted(checkout.glob(files))
    assert searched
    strays = []
    for path in searched:
        name = path.relative_to(checkout).as_posix()
        if re.search(pattern, path.read_text(encoding="utf-8")) and not name.startswith(
            homes or ("?",)
        ):
            strays.append(name)
    assert strays == []


def test_an_import_brings_no_extra(run_python) -> None:
    program = (
        "import sys, pyconv\n"
        "heavy = {'h5py', 'onnx', 'PIL', 'cupy', 'matplotlib', 'torch', 'keras', 'pooch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run_python(program).stdout.strip() == "[]"


def test_imports_and_trains_on_a_bare_host(run_python, tmp_path: Path) -> None:
    program = (
        "import numpy as np, pyconv\n"
        "m = pyconv.Sequential([pyconv.Input((8, 8, 1)), pyconv.layers.Conv2D(2, 3), "
        "pyconv.layers.Flatten(), pyconv.layers.Dense(2, activation='softmax')])\n"
        "m.compile('adam', 'sparse_categorical_crossentropy')\n"
        "print(m.fit(np.ones((4, 8, 8, 1), np.float32), np.array([0, 1, 0, 1]), verbose=0).epoch)"
    )
    done = run_python(
        program, HOME=None, LANG="C", LC_ALL="C", PYCONV_DATA=None, PYTHONDONTWRITEBYTECODE="1"
    )
    assert done.stdout.strip() == "[0]", done.stderr


@pytest.mark.parametrize("isa", ["scalar", "avx2", "avx512"])
def test_every_instruction_set_can_be_asked_for(run_python, isa: str) -> None:
    from pyconv import _core

    done = run_python("from pyconv import _core; print(_core.isa())", PYCONV_ISA=isa)
    if isa in _core.isas():
        assert done.stdout.strip() == isa
    else:
        assert f"ImportError: pyconv: PYCONV_ISA={isa}; this CPU can run: scalar" in done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("PYCONV_ISA", "neon"), ("PYCONV_NUM_THREADS", "zero"), ("PYCONV_ARENA_LIMIT", "2X")],
)
def test_a_setting_that_is_refused_is_no_reason_to_build(run_python, name: str, value: str) -> None:
    done = run_python("import pyconv", **{name: value})
    assert done.stderr.splitlines()[-1].startswith(f"ImportError: pyconv: {name}={value}; ")
    assert "pip install" not in done.stderr

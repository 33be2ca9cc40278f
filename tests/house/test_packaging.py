# SPDX-License-Identifier: BSD-3-Clause
"""The package as an installer sees it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

import pyconv


def test_an_unbuilt_checkout_says_how_to_build_it(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(
        checkout / "pyconv",
        tmp_path / "pyconv",
        ignore=shutil.ignore_patterns("*.so", "__pycache__"),
    )
    done = subprocess.run(
        [
            sys.executable,
            "-S",
            "-c",
            f"import sys; sys.path[:0] = [{str(tmp_path)!r}, *{sys.path!r}]; import pyconv",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ImportError" in done.stderr
    assert "pip install -e ." in done.stderr


def test_the_version_stands_in_one_number(checkout: Path) -> None:
    text = (checkout / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.*)"$', text, re.M)[1] == pyconv.__version__


def test_the_distribution_needs_numpy_alone() -> None:
    try:
        requirements = metadata.requires("pyconv-nn") or []
    except metadata.PackageNotFoundError:
        pytest.skip("pyconv-nn is not installed here: the checkout is used in place")
    hard = [line for line in requirements if "extra ==" not in line]
    assert hard == ["numpy>=2.0"]

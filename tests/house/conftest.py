# SPDX-License-Identifier: BSD-3-Clause
"""Programs that need a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run_python() -> Run:
    """Run a program with this interpreter; environment variables as keywords, None removes."""

    def run(
        program: str, *, seconds: float = 60, **variables: str | None
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **{k: v for k, v in variables.items() if v is not None}}
        for name, value in variables.items():
            if value is None:
                environment.pop(name, None)
        return subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the checkout that these tests belong to."""
    return Path(__file__).resolve().parents[2]

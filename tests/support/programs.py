# SPDX-License-Identifier: BSD-3-Clause
"""Runs a program in a process of its own, with this checkout's pyconv and without data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run_program(command: list[str], folder: Path, seconds: float = 180) -> str:
    """Return what the program printed; it must end well.

    Args:
        command: after `python`. folder: where it runs.
    """
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if name != "PYCONV_DATA"},
            "PYTHONPATH": os.pathsep.join([str(ROOT), *(p for p in sys.path if p)]),
            "MPLBACKEND": "agg",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout

# SPDX-License-Identifier: BSD-3-Clause
"""Which GPU there is, and what it runs with; nothing of it is changed."""

from __future__ import annotations

import importlib
import importlib.metadata
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_QUERY = ("name", "driver_version", "clocks.sm", "clocks.mem", "power.limit", "memory.total")


def missing() -> str | None:
    """Return why no GPU can be used, None where one can."""
    try:
        cupy = importlib.import_module("cupy")
    except ImportError:
        return "CuPy is not installed: pip install cupy-cuda13x"
    try:
        count = int(cupy.cuda.runtime.getDeviceCount())
    except Exception as error:
        return f"CUDA finds no device: {error}"
    return None if count else "CUDA finds no device"


def describe() -> dict[str, Any]:
    """Return the device, its clocks as found, versions and the commit."""
    cupy = importlib.import_module("cupy")
    capability = cupy.cuda.Device(0).compute_capability
    return {
        "commit": _said("git", "-C", str(ROOT), "rev-parse", "HEAD"),
        "changed": bool(_said("git", "-C", str(ROOT), "status", "--porcelain")),
        "capability": str(capability),
        "toolkit": _toolkit(_said("nvcc", "--version")),
        **_queried(_said("nvidia-smi", f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader")),
        "versions": {
            name: found
            for name in ("numpy", "cupy-cuda13x", "cupy-cuda12x", "torch")
            if (found := _version(name)) is not None
        },
    }


def architecture(capability: str) -> str:
    """Return CMake's name of "90": code for this device alone."""
    return f"{capability}-real"


def _queried(line: str) -> dict[str, str]:
    values = [value.strip() for value in line.splitlines()[0].split(",")] if line else []
    if len(values) != len(_QUERY):
        return {}
    return dict(zip((name.replace(".", "_") for name in _QUERY), values, strict=True))


def _toolkit(text: str) -> str:
    """Return "13.0" of nvcc's "release 13.0, V13.0.48"."""
    return text.partition("release ")[2].partition(",")[0] or "unknown"


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _said(*command: str) -> str:
    """Return what a command prints; nothing where it is missing or fails."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""

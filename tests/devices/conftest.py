# SPDX-License-Identifier: BSD-3-Clause
"""The fixture of a machine with GPUs: CuPy's stand-in before the host model of our kernels."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import fake_cupy
import pytest


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let this process have two GPUs, and return the machine that a test may change and read."""
    simt = pytest.importorskip("pyconv._simt", reason="pyconv._simt is not built")
    backend = importlib.import_module("pyconv.backend")
    fake_cupy.reset()
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    monkeypatch.setitem(sys.modules, "pyconv._cuda", fake_cupy.pyconv_cuda(simt))
    monkeypatch.setattr("pyconv.backend.devices._chosen", None)
    monkeypatch.setattr("pyconv.backend.devices._first_process", None)
    monkeypatch.setattr("pyconv.backend.devices._constants", {})
    monkeypatch.setattr("pyconv.backend.kernels._device_kernels", {})
    monkeypatch.delenv("PYCONV_DEVICE", raising=False)
    yield fake_cupy.machine
    assert backend is not None
    assert not fake_cupy.machine.stream.ptr, "a stream was left in use"

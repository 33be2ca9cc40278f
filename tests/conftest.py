# SPDX-License-Identifier: BSD-3-Clause
"""Fixtures of all tests: devices, dtypes, layouts, threads, data files, --exhaustive."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv import _core, backend

ISAS = ("scalar", "avx2", "avx512")
DEVICES = (*ISAS, "simt", "cuda")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exhaustive", action="store_true", help="ten times the generated cases")


def pytest_report_header() -> str:
    data = os.environ.get("PYCONV_DATA", "not set: tests of real data skip")
    return f"pyconv: {', '.join(_core.isas())} on {_core.cpu_name()}; PYCONV_DATA: {data}"


@pytest.fixture(scope="session")
def exhaustive(request: pytest.FixtureRequest) -> bool:
    """Whether ten times the generated cases are asked for."""
    return bool(request.config.getoption("--exhaustive"))


class Device:
    """Where a test body runs: call it with a NumPy array to move the array there."""

    def __init__(self, name: str, cupy: Any = None) -> None:
        self.name = name
        self._cupy = cupy

    def __call__(self, array: np.ndarray) -> Any:
        return array if self._cupy is None else self._cupy.asarray(array)

    def host(self, result: Any) -> Any:
        """Return NumPy arrays for one result, a tuple of them, or None."""
        if isinstance(result, (tuple, list)):
            return tuple(self.host(one) for one in result)
        return result if self._cupy is None or result is None else self._cupy.asnumpy(result)

    @property
    def is_cpu(self) -> bool:
        """Whether the CPU's kernels run, not those written for the GPU."""
        return self.name in ISAS

    def some_of(self, cases: list[Any]) -> list[Any]:
        """Return all cases, or every twentieth on the slow host model of the CUDA kernels."""
        return cases[::20] if self.name == "simt" else cases


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> Iterator[Device]:
    """Run the test once on every instruction set, on the CUDA kernels' host model, and on CUDA."""
    name = request.param
    if name in ISAS:
        before = _core.isa()
        use_isa(name)
        yield Device(name)
        _core._set_isa(before)
    elif name == "simt":
        if importlib.util.find_spec("pyconv._simt") is None:
            pytest.skip("pyconv._simt, the host model of the CUDA kernels, is not built")
        backend._use_host_kernels("simt")
        yield Device(name)
        backend._use_host_kernels("core")
    else:
        cupy = pytest.importorskip("cupy", reason="no cupy, so no CUDA device")
        if importlib.util.find_spec("pyconv._cuda") is None:
            pytest.skip("pyconv._cuda is not built")
        if not cupy.cuda.is_available():
            pytest.skip("no CUDA device")
        yield Device(name, cupy)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let this process have two GPUs, and return the machine that a test may change and read."""
    import fake_cupy

    simt = pytest.importorskip("pyconv._simt", reason="pyconv._simt is not built")
    fake_cupy.reset()
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    monkeypatch.setitem(sys.modules, "pyconv._cuda", fake_cupy.pyconv_cuda(simt))
    monkeypatch.setattr("pyconv.backend.devices._chosen", None)
    monkeypatch.setattr("pyconv.backend.devices._first_process", None)
    monkeypatch.setattr("pyconv.backend.devices._constants", {})
    monkeypatch.setattr("pyconv.backend.kernels._device_kernels", {})
    monkeypatch.delenv("PYCONV_DEVICE", raising=False)
    yield fake_cupy.machine
    assert not fake_cupy.machine.stream.ptr, "a stream was left in use"


@pytest.fixture(params=("stand-in", "cuda"))
def any_gpu(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run the test with CuPy's stand-in, and on a GPU where there is one."""
    if request.param == "stand-in":
        request.getfixturevalue("gpu")
    else:
        cupy = pytest.importorskip("cupy", reason="no cupy, so no CUDA device")
        if importlib.util.find_spec("pyconv._cuda") is None or not cupy.cuda.is_available():
            pytest.skip("no CUDA device, or pyconv._cuda is not built")
    before = backend.get_device()
    yield
    backend.set_device(before)


def use_isa(name: str) -> None:
    """Choose an instruction set, or skip where this processor lacks it."""
    if name not in _core.isas():
        pytest.skip(f"this processor cannot run {name}")
    _core._set_isa(name)


@pytest.fixture
def set_isa() -> Iterator[Callable[[str], None]]:
    """Choose instruction sets inside a test; the one in use comes back afterwards."""
    before = _core.isa()
    yield use_isa
    _core._set_isa(before)


@pytest.fixture
def set_threads() -> Iterator[Callable[[int], None]]:
    """Choose thread counts inside a test; the number in use comes back afterwards."""
    before = _core.num_threads()
    yield _core.set_num_threads
    _core.set_num_threads(before)


@pytest.fixture(params=(1, 2, 3, 7), ids=lambda count: f"{count}-threads")
def threads(
    request: pytest.FixtureRequest, device: Device, set_threads: Callable[[int], None]
) -> int:
    """Run the test once with each of these thread counts."""
    if request.param > 1 and not device.is_cpu:
        pytest.skip("threads are the CPU's")
    set_threads(request.param)
    return int(request.param)


@pytest.fixture(params=("float32", "float64"))
def dtype(request: pytest.FixtureRequest) -> np.dtype[Any]:
    """Run the test once for each dtype that ops take."""
    return np.dtype(request.param)


@pytest.fixture(params=("channels_last", "channels_first"))
def data_format(request: pytest.FixtureRequest) -> str:
    """Run the test once for each layout of images."""
    return str(request.param)


@pytest.fixture
def data_folder() -> Callable[[str], Path]:
    """Return $PYCONV_DATA/<name>, or skip where the data set is not on this machine."""

    def find(name: str) -> Path:
        root = os.environ.get("PYCONV_DATA")
        if not root:
            pytest.skip(f"PYCONV_DATA is not set, so no {name}")
        folder = Path(root) / name
        if not folder.is_dir():
            pytest.skip(f"{folder} does not exist")
        return folder

    return find


@pytest.fixture(autouse=True)
def _floating_point_state() -> Iterator[None]:
    """Demand that no test leaves denormals flushed in the caller's thread."""
    yield
    tiny = np.float32(2.0**-140)
    assert tiny * np.float32(0.5) > 0, "the caller's thread flushes denormals"


@pytest.fixture(scope="session")
def keras() -> Any:
    """Keras 3 on the torch backend; tests of oracles skip without it."""
    os.environ["KERAS_BACKEND"] = "torch"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("keras")

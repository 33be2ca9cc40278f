# SPDX-License-Identifier: BSD-3-Clause
"""What certifies a device: its plainest kernels, its special instructions, its exact sums."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.gpu import certify, oracle, steps, wrappers


@pytest.mark.usefixtures("_plain_policy")
@pytest.mark.parametrize("dtype", certify.DTYPES)
def test_certification_passes_right_kernels_and_finds_one_wrong_bit(gpu: Any, dtype: str) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    own = [case for case in certify.cases() if case[1] == dtype]
    assert len(own) == 7
    for case in (own[0], own[2], own[3]):
        found = certify.run(*case)
        assert found["passed"], found
    name, _, run = own[2]

    def wrong(move: Any) -> list[Any]:
        results = run(move)
        if not isinstance(results[0], np.ndarray):
            results[0] = results[0] * 1.01
        return results

    assert not certify.run(name, dtype, wrong)["passed"]


@pytest.mark.usefixtures("_plain_policy")
@pytest.mark.parametrize("dtype", oracle.DTYPES)
def test_kernels_of_the_device_are_judged_beside_its_plainest_ones(gpu: Any, dtype: str) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    own = [case for case in oracle.cases() if case[1] == dtype]
    algorithms = 2 if dtype in ("float32", "float64") else 1
    assert len(own) == algorithms * len(oracle.GEOMETRIES)
    for case in own:
        verdict = oracle.run(*case)
        assert verdict["passed"], verdict


@pytest.mark.usefixtures("_plain_policy")
@pytest.mark.parametrize("broken", ["reference_conv2d", "reference_conv2d_backward_data"])
def test_a_wrong_plainest_kernel_is_found_by_numpy_and_by_the_others(
    gpu: Any, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    shape = oracle.GEOMETRIES[2]
    for dtype in ("float32", "float64"):
        assert oracle.run_reference(shape, dtype)["passed"]
    native = sys.modules["pyconv._cuda"]
    right = getattr(native, broken)

    def wrong(dtype: int, a: int, b: int, *rest: Any) -> None:
        right(dtype, a, a, *rest)

    monkeypatch.setattr(native, broken, wrong)
    square = oracle.Geometry("equal sizes", (1, 3, 3, 1), (3, 3, 1, 1), {"padding": 1})
    assert not oracle.run_reference(square, "float32")["passed"]
    assert not oracle.run(square, "float32", "direct")["passed"]


@pytest.mark.usefixtures("_plain_policy")
def test_the_plainest_kernels_come_first_and_one_wrong_fails_the_step(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def verdict(kind: str, passed: bool = True) -> Any:
        def run(*case: Any) -> dict[str, Any]:
            order.append(kind)
            return {"passed": passed}

        return run

    monkeypatch.setattr(oracle, "run_reference", verdict("S0"))
    monkeypatch.setattr(oracle, "run", verdict("beside S0"))
    monkeypatch.setattr(certify, "run_wrapper", verdict("wrapper"))
    monkeypatch.setattr(certify, "run", verdict("exact"))
    result = steps.certify(60)
    assert result["passed"]
    assert list(dict.fromkeys(order)) == ["S0", "wrapper", "beside S0", "exact"]
    assert len(result["reference"]) == 2 * len(oracle.GEOMETRIES)
    monkeypatch.setattr(oracle, "run_reference", verdict("S0", passed=False))
    assert not steps.certify(60)["passed"]


def test_wrappers_on_the_device_are_judged_beside_their_models(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = {case.name: case for case in wrappers.cases()}
    for name in ("pack_float16", "ldmatrix x4 trans", "mma tf32, random", "cp_async 16"):
        assert certify.run_wrapper(cases[name])["passed"] is True
    native = sys.modules["pyconv._cuda"]

    def broken(name: str, words: int, out: int, warps: int, stream: int) -> None:
        native.run_ptx_wrapper("to_tf32", words, out, warps, stream)

    device = SimpleNamespace(run_ptx_wrapper=broken)
    monkeypatch.setitem(sys.modules, "pyconv._cuda", device)
    verdict = certify.run_wrapper(cases["unpack_bfloat16"])
    assert verdict["passed"] is False
    assert verdict["differing"] > 60000


def test_an_instruction_that_a_device_lacks_is_not_run(
    gpu: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = SimpleNamespace(compute_capability="75")
    monkeypatch.setattr(sys.modules["cupy"].cuda, "Device", lambda number: old)
    case = next(case for case in wrappers.cases() if case.wrapper == "mma tf32")
    verdict = certify.run_wrapper(case)
    assert verdict["passed"] is None
    assert verdict["not_run"] == "the device has no such instruction"


def test_tf32_rounds_to_10_bits_ties_away() -> None:
    x = np.array([1 + 2**-11, -(1 + 2**-11), 1 + 2**-12, 3.0, np.inf], np.float32)
    expected = np.array([1 + 2**-10, -(1 + 2**-10), 1, 3, np.inf], np.float32)
    assert (certify.tf32(x) == expected).all()

# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv verify`: a right kernel passes, a wrong one fails by name, the settings come back."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tolerances

from pyconv import _core, backend, ops
from pyconv.cli import main, verify_bounds, verify_checks
from pyconv.cli.verify_arrays import Numbers, draw
from pyconv.cli.verify_cases import cases
from pyconv.cli.verify_places import gpu, places, processor


def rows(shown: str) -> dict[tuple[str, str], list[str]]:
    """Return the card's rows by op and dtype: integers, error, threads, instruction sets."""
    lines = [line.replace("0 ulp", "0ulp").split() for line in shown.splitlines()]
    return {(x[0], x[1]): x[2:] for x in lines if len(x) > 5 and x[1] in ("float32", "float64")}


def test_every_case_is_right_on_every_instruction_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYCONV_ISA", raising=False)
    monkeypatch.setattr("pyconv.cli.verify.peak_lines", lambda: ["peaks"])
    before = _core.isa(), _core.num_threads()
    status = main(["verify"])
    shown = capsys.readouterr().out
    assert status == 0, shown
    found = rows(shown)
    assert {op for op, _ in found} == {case.op for case in cases()}
    assert all(len(row) == 3 + len(_core.isas()) for row in found.values())
    assert {tuple(row[3:]) for row in found.values()} == {("ok",) * len(_core.isas())}
    assert {row[0] for row in found.values()} == {"0ulp", "-"}
    assert {row[2] for row in found.values()} == {"same"}
    assert "peaks" in shown
    assert shown.splitlines()[-1].endswith(": ok")
    assert before == (_core.isa(), _core.num_threads())


def broken(function: Callable[..., Any], fault: str) -> Callable[..., Any]:
    """Return the function with a small mistake."""
    calls = iter(range(10**9))

    def call(*arguments: Any, **options: Any) -> Any:
        y = function(*arguments, **options).copy()
        if fault == "one wrong element":
            y.reshape(-1)[3] += 1
        elif fault == "a little inexact":
            y *= 1 + 100 * np.finfo(y.dtype).eps
        elif fault == "changing bits":
            y.reshape(-1)[-1] *= 1 + np.finfo(y.dtype).eps * (next(calls) % 2)
        elif fault == "not a number":
            y.reshape(-1)[0] = np.nan
        elif fault == "an exception":
            raise RuntimeError("broken")
        return y

    return call


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("one wrong element", "whole numbers: 1 elements are not exact"),
        ("a little inexact", "times the allowed error"),
        ("changing bits", "the bits change with"),
        ("not a number", "random numbers: inf times the allowed error"),
        ("an exception", "RuntimeError: broken"),
    ],
)
def test_a_wrong_kernel_fails_by_name(
    fault: str,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ops, "avg_pool2d", broken(ops.avg_pool2d, fault))
    assert main(["verify", "avg_pool2d", "max_pool2d"]) == 1
    shown = capsys.readouterr().out
    assert message in shown
    assert "FAIL avg_pool2d float32" in shown
    assert "FAIL max_pool2d" not in shown
    found = rows(shown)
    assert "FAIL" in found["avg_pool2d", "float64"]
    assert "FAIL" not in found["max_pool2d", "float64"]


def test_an_unknown_op_lists_the_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "conv9d"]) == 1
    error = capsys.readouterr().err
    assert "op 'conv9d'; did you mean conv2d" in error
    assert "conv2d_backward" in error


def test_a_chosen_instruction_set_is_checked_alone() -> None:
    isa = _core.isas()[0]
    done = subprocess.run(
        [sys.executable, "-m", "pyconv", "verify", "relu"],
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYCONV_ISA": isa,
            "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        },
    )
    assert done.returncode == 0, done.stderr
    assert rows(done.stdout)["relu", "float32"][3:] == ["ok"]
    header = next(line for line in done.stdout.splitlines() if line.startswith("op "))
    assert header.split()[-1] == isa


def test_every_case_notices_zeros_instead_of_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(module: Any, *arguments: Any) -> Any:
        return tuple(y * (module is not ops) for y in called(module, *arguments))

    called = verify_checks._call
    monkeypatch.setattr(verify_checks, "_call", zeros)
    for case in cases():
        (finding,) = verify_checks.check(case, np.dtype("float32"), [processor(_core.isa())])
        assert any(fault.startswith("random") for fault in finding.faults), case
        assert case.exact == any(fault.startswith("whole") for fault in finding.faults), case


def test_whole_numbers_are_never_zero() -> None:
    whole = draw(Numbers((1000,)), np.dtype("float32"), whole=True, seed=0)
    assert (whole != 0).all()
    assert set(np.unique(np.abs(whole))) == set(range(1, 9))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_bounds_are_the_tests_own(dtype: str) -> None:
    eps = float(np.finfo(dtype).eps)
    assert eps * verify_bounds.SUM_EPS == tolerances.sum_of_products(dtype)
    assert eps * verify_bounds.AVERAGE_EPS == tolerances.average(dtype)
    assert eps * verify_bounds.SAMPLE_EPS == tolerances.sample(dtype)
    assert eps * verify_bounds.ELEMENTWISE_EPS == tolerances.elementwise_factor(dtype)
    assert eps * verify_bounds.SOFTMAX_EPS == tolerances.softmax(dtype)
    assert eps * verify_bounds.OPTIMIZER_EPS == tolerances.optimizer_step(dtype)
    assert eps * verify_bounds.NORM_EPS == tolerances.norm(dtype)
    assert eps * verify_bounds.NORM_GRADIENT_EPS == tolerances.norm_gradient(dtype)
    assert verify_bounds.GELU_FLOAT64 == tolerances.FORMULA


class Abroad:
    """Arrays of another device, as CuPy's are to NumPy; those that come back may be damaged."""

    def __init__(self, damage: float = 0.0) -> None:
        self.damage, self.there = damage, 0

    def asarray(self, array: np.ndarray) -> np.ndarray:
        self.there += 1
        return array.copy()

    def asnumpy(self, array: np.ndarray) -> np.ndarray:
        return array + array.dtype.type(self.damage) if array.dtype.kind == "f" else array


@pytest.mark.parametrize("op", ["conv2d", "conv2d_backward", "gemm", "max_pool2d_with_argmax"])
def test_a_gpu_is_a_place_of_its_own(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    abroad = Abroad()
    monkeypatch.setattr("pyconv.backend.cuda_arrays", lambda: abroad)
    *_, last = places()
    assert last.name == "cuda"
    case = next(case for case in cases() if case.op == op)
    (finding,) = verify_checks.check(case, np.dtype("float32"), [last])
    assert (finding.place, finding.faults) == ("cuda", ())
    assert abroad.there >= 2 * len(case.arrays)


def test_what_a_gpu_gets_wrong_is_said_by_its_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyconv.backend.cuda_arrays", lambda: Abroad(damage=1.0))
    assert main(["verify", "gemm"]) == 1
    shown = capsys.readouterr().out
    assert "FAIL gemm float32 cuda: whole numbers" in shown
    assert {row[-1] for row in rows(shown).values()} == {"FAIL"}
    assert {row[-2] for row in rows(shown).values()} == {"ok"}


def test_the_cuda_kernels_pass_on_their_host_model() -> None:
    if importlib.util.find_spec("pyconv._simt") is None:
        pytest.skip("pyconv._simt, the host model of the CUDA kernels, is not built")
    place = replace(gpu(Abroad()), choose=lambda: backend._use_host_kernels("simt"))
    try:
        for op in ("conv2d", "gemm", "avg_pool2d"):
            case = next(case for case in cases() if case.op == op)
            (finding,) = verify_checks.check(case, np.dtype("float32"), [place])
            assert finding.faults == (), op
    finally:
        backend._use_host_kernels("core")

# SPDX-License-Identifier: BSD-3-Clause
"""The certification script of GPUs: its tables, verdicts and files; its tasks on tiny shapes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import (
    check,
    device,
    ours,
    picture,
    small,
    steps,
    verdicts,
)
from benchmarks.gpu.clock import Clock, median_seconds
from benchmarks.gpu.steps import Step
from benchmarks.gpu.tasks import copies_for, layer_tasks, memory_tasks, training_tasks
from benchmarks.shapes import RESNET_50, VGG_16


def tiny(task: dict[str, Any]) -> dict[str, Any]:
    """Return a task of the same kind that a test has time for."""
    if task["kind"] == "conv2d":
        groups = 4 if task["groups"] > 1 else 1
        channels = 4 if task["groups"] > 1 else min(task["c"], 5)
        small = {"n": 2, "h": max(6, task["k"]), "c": channels, "f": 4, "groups": groups}
        return {**task, **small, "bytes": 6e7}
    if task["kind"] == "memory":
        sizes = [2, 4, 4, 3] if len(task["shape"]) == 4 else [5, 7][: len(task["shape"])]
        return {**task, "shape": sizes, "bytes": 6e7}
    return {**task, "n": 2, "steps": 2}


def test_every_convolution_of_the_networks_has_its_rows() -> None:
    tasks = layer_tasks()
    names = {(t["group"], t["name"]) for t in tasks}
    assert len(names) == len(tasks)
    assert ("VGG-16 float32 batch 32", "512-512@14 3x3 kernel") in names
    assert ("ResNet-50 bfloat16 batch 256", "3-64@224 7x7 s2 forward") in names
    assert not any(t["c"] == 3 and t["direction"] == "data" for t in tasks)
    for network in (VGG_16, RESNET_50):
        own = [t for t in tasks if t["group"] == f"{network.name} float32 batch 32"]
        forward = [t for t in own if t["direction"] == "forward"]
        assert len(forward) == len(network.layers)
        counts = {layer.name: layer.count for layer in network.layers}
        total = sum(t["flop"] * counts[t["name"].rsplit(" ", 1)[0]] for t in forward)
        assert total == pytest.approx(32e6 * network.mflop)


def test_what_weighs_most_is_timed_first() -> None:
    weights = [t["weight"] for t in layer_tasks()]
    assert weights == sorted(weights, reverse=True)


def test_small_tasks_go_round_several_sets_of_buffers() -> None:
    assert copies_for({"bytes": 1e9}) == 1
    assert copies_for({"bytes": 2e7}) == 3
    assert copies_for({"bytes": 8.0}) == 8


def test_a_clock_gives_the_median_without_the_first_calls() -> None:
    times = iter([50.0, 40.0, 0.02, 0.03, 0.01])
    calls: list[int] = []

    class Event:
        def record(self) -> None:
            """A time is told by elapsed."""

    seconds = median_seconds(
        calls.append, Clock(Event, lambda a, b: 1e3 * next(times), lambda: None), budget=100, most=2
    )
    assert calls == [0, 1, 2, 3, 4, 5]
    assert seconds == pytest.approx(0.03)


CEILINGS = {"copy": 4e12, "float32": 5e13}


def layer(**changed: Any) -> dict[str, Any]:
    task = next(
        t for t in layer_tasks() if t["dtype"] == "float32" and t["name"] == "64-64@56 3x3 forward"
    )
    return {**task, **changed}


def test_a_row_has_rates_the_larger_floor_and_a_verdict() -> None:
    task = layer()
    floor = task["flop"] / 5e13
    row = verdicts.judged(task, 2 * floor, 1.7 * floor, CEILINGS)
    assert row["share_of_floor"] == pytest.approx(0.5)
    assert row["tflops"] == pytest.approx(25)
    assert row["ratio"] == pytest.approx(0.85)
    assert (row["target"], row["verdict"]) == (0.8, "met")
    assert verdicts.judged(task, 2 * floor, floor, CEILINGS)["verdict"] == "missed"
    alone = verdicts.judged(task, 2 * floor, None, {})
    assert (alone["ratio"], alone["share_of_floor"]) == (None, None)
    assert alone["verdict"] == "not compared"


def test_memory_bound_rows_are_judged_by_the_copy_rate() -> None:
    relu = next(t for t in memory_tasks() if t["name"] == "relu")
    seconds = relu["bytes"] / (0.85 * CEILINGS["copy"])
    assert verdicts.judged(relu, seconds, None, CEILINGS)["verdict"] == "met"
    assert verdicts.judged(relu, 1.2 * seconds, 9.0, CEILINGS)["verdict"] == "missed"


@pytest.mark.parametrize(
    ("changed", "target"),
    [
        ({"c": 3}, 0.7),
        ({"c": 32, "f": 32, "groups": 32}, 0.9),
        ({"c": 32}, None),
        ({"dtype": "tf32"}, None),
        ({"dtype": "tf32", "c": 128, "f": 128, "direction": "kernel"}, 0.65),
        ({"dtype": "tf32", "c": 128, "f": 128}, 0.7),
        ({"dtype": "bfloat16", "c": 128, "f": 128}, 0.55),
    ],
)
def test_targets_are_the_design_s(changed: dict[str, Any], target: float | None) -> None:
    assert verdicts.target_of(layer(**changed)) == target


def test_the_table_shows_rows_failures_and_geometric_means() -> None:
    task = layer()
    rows = [
        verdicts.judged(task, 1e-3, 2e-3, CEILINGS),
        verdicts.judged({**task, "name": "other"}, 1e-3, 5e-4, CEILINGS),
        verdicts.failed({**task, "name": "broken"}, "WrongResult: 1, 2, 3"),
    ]
    text = "\n".join(verdicts.table(rows))
    assert "broken                           FAILED: WrongResult: 1, 2, 3" in text
    assert "ratio 1.00; 3 rows: 1 met, 1 missed, 1 failed" in text
    assert [label for label, _ in picture.bars(rows)] == [
        f"{task['group']}: 64-64@56 3x3 forward",
        f"{task['group']}: other",
    ]


def test_outputs_of_other_programs_are_read() -> None:
    text = "FAILED tests/ops/a.py::b - x\nERROR tests/c.py\n= 2 failed, 1 error, 30 passed in 4s ="
    counts = steps.pytest_counts(text)
    assert (counts["failed"], counts["passed"], counts["error"]) == (2, 30, 1)
    assert counts["failures"] == ["tests/ops/a.py::b", "tests/c.py"]
    cut = "..s.F..                     [ 10%]\n..ssE..                     [ 20%]\n...s"
    assert steps.pytest_progress(cut) == (12, 2)
    assert steps.sanitizer_errors("========= ERROR SUMMARY: 0 errors") == 0
    assert steps.sanitizer_errors("RACECHECK SUMMARY: 3 hazards displayed") == 3
    assert steps.sanitizer_errors("Target application terminated") is None
    lines = (
        '{"number": 0, "seconds": 0.5}\nwarning\n{"number": 1, "failed": "x"}\n{"number": 2, "se'
    )
    assert steps.peer_seconds(lines) == {0: 0.5}
    assert device._toolkit("Cuda compilation tools, release 13.0, V13.0.48") == "13.0"
    line = "NVIDIA H200, 580.1, 345 MHz, 3201 MHz, 700.00 W, 143771 MiB"
    assert device._queried(line)["driver_version"] == "580.1"
    assert device._queried("") == {}
    assert device.architecture("90") == "90-real"


def test_a_program_that_takes_too_long_is_stopped_with_what_it_printed() -> None:
    program = "import time; print('begun', flush=True); time.sleep(30)"
    status, text = steps._ran([sys.executable, "-c", program], 1.5)
    assert status is None
    assert text == "begun\n"
    assert steps._ran([sys.executable, "-c", "raise SystemExit(3)"], 20) == (3, "")


def test_without_a_gpu_it_says_so_and_ends_with_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setenv("PYCONV_GPU_RESULTS", str(tmp_path))
    assert check.main([]) == 1
    assert "no GPU: CuPy is not installed" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_cuda_does_not_find_is_no_gpu(gpu: Any) -> None:
    assert device.missing() is None
    gpu.driver_error = "cudaErrorNoDevice"
    assert device.missing() == "CUDA finds no device: cudaErrorNoDevice"
    gpu.driver_error, gpu.devices = None, 0
    assert device.missing() == "CUDA finds no device"


def broken(seconds: float) -> dict[str, Any]:
    raise OSError("a full disk")


def good(seconds: float) -> dict[str, Any]:
    return {"passed": True, "rows": [verdicts.judged(layer(), 1e-3, 2e-3, CEILINGS)]}


def test_steps_write_files_as_they_end_and_a_failed_one_stops_nothing(
    gpu: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYCONV_GPU_RESULTS", str(tmp_path))
    chosen = (Step("first", 9, broken), Step("second", 9, good))
    assert check.main([], chosen) == 1
    assert json.loads((tmp_path / "gpu-first.json").read_text())["failed"] == "OSError: a full disk"
    report = json.loads((tmp_path / "gpu-check.json").read_text())
    assert list(report["steps"]) == ["first", "second"]
    assert report["about"]["capability"] == "90"
    out = capsys.readouterr().out
    assert out.index("64-64@56 3x3 forward") < out.rindex("first ")
    assert "FAILED OSError: a full disk" in out
    assert check.main(["--only", "second"], (Step("first", 9, good), *chosen[1:])) == 1
    assert check.main(["--only", "first"], (Step("first", 9, good), *chosen[1:])) == 0


def test_all_steps_together_stay_within_eight_minutes() -> None:
    assert sum(step.budget for step in steps.STEPS) <= 480
    assert [s.name for s in steps.STEPS] == [
        *("build", "ceilings", "certify", "tests", "sanitizer", "benchmark", "training", "mnist")
    ]


@pytest.mark.usefixtures("_plain_policy")
def test_every_kind_of_task_runs_on_tiny_shapes(gpu: Any) -> None:
    pytest.importorskip("ml_dtypes")
    seen = {}
    for task in [*layer_tasks(), *memory_tasks()]:
        key = task.get("direction", task["name"]), task["dtype"], task.get("groups", 1) > 1
        seen.setdefault(key, tiny(task))
    assert len(seen) > 15
    for task in seen.values():
        assert ours.seconds_of(task) > 0, task


@pytest.mark.usefixtures("_plain_policy")
def test_a_wrong_kernel_is_not_timed(gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours.ops, "conv2d", lambda x, kernel, **options: x * 0)
    task = tiny(layer())
    with pytest.raises((ours.WrongResult, ValueError)):
        ours.seconds_of({**task, "c": 4, "f": 4, "k": 1, "p": 0})


@pytest.mark.usefixtures("_plain_policy")
def test_what_the_sanitizer_watches_runs(gpu: Any) -> None:
    pytest.importorskip("ml_dtypes")
    small.main()
    assert len({name for name, _ in gpu.products}) == 6


@pytest.mark.usefixtures("_plain_policy")
def test_training_tasks_run(gpu: Any) -> None:
    task = next(t for t in training_tasks() if t["network"] == "Keras MNIST")
    assert ours.step_seconds({**task, "n": 1, "steps": 1}) > 0


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
def test_the_peer_does_the_same_tasks_in_pytorch() -> None:
    pytest.importorskip("torch")
    from benchmarks.gpu import peer

    seen = {}
    for task in [*layer_tasks(), *memory_tasks()]:
        if task["dtype"] in ("float32", "bfloat16"):
            seen.setdefault((task.get("direction", task["name"]), task["dtype"]), tiny(task))
    for task in seen.values():
        assert peer.seconds_of(task, "cpu") > 0, task
    for name, count in (("ResNet-50", 25_583_592), ("SimpleConvNet", 433_890)):
        model = peer.network(name, 1000 if name == "ResNet-50" else 10)
        assert sum(p.numel() for p in model.parameters()) == ours_count(name) == count


def ours_count(name: str) -> int:
    model, _ = ours.network(name, 1000)
    return sum(v.size for v in model.trainable_weights)

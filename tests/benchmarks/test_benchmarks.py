# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark frame: its layer tables, checks, timing loop and report; no speeds."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import picture, session, settings, shapes
from benchmarks.checks import WrongResult, check, compare
from benchmarks.competitors import load
from benchmarks.figures import add_figures, summary, total
from benchmarks.inputs import make_inputs
from benchmarks.probes import Ceilings
from benchmarks.process import environment, interpreter
from benchmarks.rows import all_rows
from benchmarks.timing import Contender, Effort, time_row
from benchmarks.worker import timed_calls

# Millions of operations of one forward pass over one image.
STATED_MFLOP = {
    "SimpleConvNet": 0.86,
    "DeepConvNet": 17.4,
    "LeNet-5": 0.72,
    "LeNet same": 5.9,
    "Keras MNIST": 6.2,
    "Fashion-MNIST": 21.6,
    "CIFAR-10": 28.7,
    "cats-dogs": 831,
    "cats-dogs 150": 466,
    "ResNet-20": 81.6,
    "VGG-16": 30693,
    "VGG-19": 39017,
    "AlexNet": 1311,
    "AlexNet 2012": 1332,
    "ResNet-18": 3627,
    "ResNet-34": 7326,
    "ResNet-50": 8174,
    "MobileNetV1": 1135,
    "MobileNetV2": 599,
}
IMAGES = {"dtype": "float32", "n": 2, "h": 7, "w": 7, "c": 3}
CONV = IMAGES | {
    "kind": "conv2d",
    "algorithm": "auto",
    "f": 4,
    "kh": 3,
    "kw": 3,
    "oh": 4,
    "ow": 4,
    "stride": 2,
    "padding": 1,
    "groups": 1,
}
POOL = IMAGES | {
    "kind": "max_pool2d",
    "pool": 3,
    "oh": 4,
    "ow": 4,
    "stride": 2,
    "padding": 1,
}
AVERAGE = POOL | {"kind": "avg_pool2d", "pool": 2, "oh": 3, "ow": 3, "padding": 0}
TASKS = {
    "gemm float32": {"kind": "gemm", "dtype": "float32", "m": 9, "n": 5, "k": 300},
    "gemm float64": {"kind": "gemm", "dtype": "float64", "m": 9, "n": 5, "k": 300},
    "conv2d": CONV | {"direction": "forward"},
    "conv2d im2col": CONV | {"direction": "forward", "algorithm": "im2col"},
    "conv2d data": CONV | {"direction": "data"},
    "conv2d kernel": CONV | {"direction": "kernel"},
    "conv2d grouped": CONV | {"direction": "forward", "c": 6, "groups": 2},
    "conv2d grouped data": CONV | {"direction": "data", "c": 6, "groups": 2},
    "conv2d grouped kernel": CONV | {"direction": "kernel", "c": 6, "groups": 2},
    "max_pool2d": POOL | {"direction": "forward"},
    "max_pool2d backward": POOL | {"direction": "backward"},
    "conv2d depthwise": CONV | {"direction": "forward", "c": 4, "groups": 4},
    "conv2d depthwise data": CONV | {"direction": "data", "c": 4, "groups": 4},
    "conv2d depthwise kernel": CONV | {"direction": "kernel", "c": 4, "groups": 4},
    "avg_pool2d": AVERAGE | {"direction": "forward"},
    "avg_pool2d backward": AVERAGE | {"direction": "backward"},
    "im2col": CONV | {"kind": "im2col"},
    "col2im": CONV | {"kind": "col2im"},
    "training": {"kind": "training", "dtype": "float32", "n": 10},
    "augmentation": {"kind": "augmentation"} | IMAGES,
    "scratch training": {"kind": "scratch training", "dtype": "float32", "n": 10},
    "scratch training float64": {"kind": "scratch training", "dtype": "float64", "n": 10},
}


def run(library, task):
    """Return inputs and result of a task in a library, in this process."""
    inputs = make_inputs(task)
    job = load(library).prepare(task, inputs, {})
    return inputs, job.result(job.run())


@pytest.mark.parametrize("network", shapes.NETWORKS, ids=lambda network: network.name)
def test_layer_tables_do_the_work_that_the_literature_states(network):
    if network.name == "LeNet Caffe":
        assert network.mflop == pytest.approx(2 * (24**2 * 500 + 8**2 * 25000) / 1e6)
        return
    stated = STATED_MFLOP[network.name]
    decimals = len(str(stated).partition(".")[2])
    assert network.mflop == pytest.approx(stated, abs=0.51 * 10**-decimals)


@pytest.mark.parametrize(("network", "count"), [(shapes.RESNET_50, 53), (shapes.MOBILENET_V2, 52)])
def test_layer_tables_count_every_convolution(network, count):
    assert sum(layer.count for layer in network.layers) == count


def test_rows_have_unique_labels_and_quick_ones_are_part_of_the_table():
    labels = [row.label for row in all_rows(quick=False)]
    assert len(set(labels)) == len(labels)
    assert {row.label for row in all_rows(quick=True)} < set(labels)


def test_every_timed_convolution_has_a_row_for_every_pass():
    groups = [row.group for row in all_rows(quick=False)]
    layers = [layer for network in shapes.TIMED for layer in network.layers]
    dense = sum(layer.groups == 1 for layer in layers)
    first = sum(layer.c <= 3 for layer in layers)
    for direction in ("forward", "backward-data", "backward-weights"):
        assert groups.count(f"conv2d {direction}") == dense - first
        assert groups.count(f"conv2d {direction}, first layers") == first
        assert groups.count(f"depthwise_conv2d {direction}") == len(layers) - dense


@pytest.mark.parametrize("name", TASKS)
def test_right_results_pass_the_check(name):
    check(TASKS[name], *run("pyconv", TASKS[name]))


@pytest.mark.parametrize("name", TASKS)
def test_slightly_wrong_results_are_caught(name):
    inputs, result = run("pyconv", TASKS[name])
    wrong = {
        key: array * array.dtype.type(1.001) if array.dtype.kind == "f" else array
        for key, array in result.items()
    }
    with pytest.raises(WrongResult):
        check(TASKS[name], inputs, wrong)
    with pytest.raises(WrongResult):
        compare(TASKS[name], wrong, result)


@pytest.mark.parametrize("name", TASKS)
def test_one_element_left_unwritten_is_caught(name):
    inputs, result = run("pyconv", TASKS[name])
    array = next(array for array in result.values() if array.dtype.kind == "f")
    array.flat[array.size // 2] = np.nan
    with pytest.raises(WrongResult, match="not finite"):
        check(TASKS[name], inputs, result)


def test_another_winner_of_a_pooling_window_is_caught():
    inputs, result = run("pyconv", TASKS["max_pool2d"])
    result["argmax"] ^= 1
    with pytest.raises(WrongResult, match="argmax"):
        check(TASKS["max_pool2d"], inputs, result)


@pytest.mark.parametrize(
    "name", ["im2col", "col2im", "training", "scratch training", "scratch training float64"]
)
def test_the_books_program_agrees(name):
    compare(TASKS[name], run("pyconv", TASKS[name])[1], run("numpy-book", TASKS[name])[1])


@pytest.mark.parametrize(
    "name", [name for name in TASKS if "scratch" not in name and name != "augmentation"]
)
def test_pytorch_does_the_same_task(name):
    pytest.importorskip("torch")
    compare(TASKS[name], run("pyconv", TASKS[name])[1], run("torch", TASKS[name])[1])


def test_keras_does_the_same_task(keras):
    task = TASKS["augmentation"]
    compare(task, run("pyconv", task)[1], run("keras", task)[1])
    with pytest.raises(NotImplementedError):
        load("keras").prepare(TASKS["gemm float32"], {}, {})


def test_timing_makes_the_calls_it_is_asked_for():
    calls = []
    seconds = timed_calls(lambda: calls.append(1), warmups=2, samples=4, least=0.0, most=60.0)
    assert len(seconds) == 4
    assert len(calls) == 6


def test_timing_always_makes_one_call():
    assert len(timed_calls(int, warmups=0, samples=9, least=9.0, most=0.0)) == 1


class Scripted:
    """A worker whose calls take the seconds it is told; writes its name into a journal."""

    def __init__(self, name, seconds, journal):
        self.name, self.seconds, self.journal = name, seconds, journal

    def ask(self, do, **request):
        assert do == "time"
        self.journal.append(self.name)
        return [self.seconds] * request["samples"]


def test_contenders_take_turns_and_far_slower_settings_only_a_trial():
    journal = []
    effort = Effort(rounds=3, warmups=0, samples=6, least=0.0, most=1.0)
    ours, quick, close, slow = (
        Contender("library", name, Scripted(name, seconds, journal), 0)
        for name, seconds in (("ours", 2.0), ("quick", 3.0), ("close", 3.1), ("slow", 9.0))
    )
    time_row(ours, [slow, close, quick], [], effort)
    assert journal == ["slow", "close", "quick"] + ["ours", "quick", "close"] * 3
    assert [c.only_tried for c in (quick, close, slow)] == [False, False, True]
    assert ours.statistics()["samples"] == 6


def record(ours, rival, group="gemm"):
    """Return a timed row with one finalist, one setting that was only tried, and the book."""
    rivals = [
        {"library": "torch", "setting": "a", "quartiles": [rival, 9.0], "only_tried": False},
        {"library": "torch", "setting": "b", "quartiles": [rival / 9, 9.0], "only_tried": True},
    ]
    return {
        "group": group,
        "beside": "",
        "task": {"dtype": "float64"},
        "gflop": 2.0,
        "megabytes": 0.0,
        "images": 8,
        "ours": {"median": 2 * ours, "quartiles": [ours, 9.0]},
        "rivals": rivals,
        "origins": [{"quartiles": [30 * ours, 99.0]}],
    }


def test_figures_are_ratios_to_the_best_finalist_and_shares_of_the_dtypes_ceiling():
    row = record(0.5, 0.75)
    add_figures(row, Ceilings({"float32": 16.0, "float64": 8.0}, 1.0))
    assert row["gflops"] == 4.0
    assert row["percent_of_peak"] == 50.0
    assert row["images_per_second"] == 16.0
    assert row["ratio"] == 1.5
    assert row["best_rival"] == "torch a"
    assert row["origin_ratio"] == 30.0


def test_summary_counts_losses():
    rows = [record(1.0, 4.0), record(1.0, 0.25), record(1.0, 1.0, group="other")]
    for row in rows:
        add_figures(row, Ceilings({"float64": 4.0}, 1.0))
    totals = summary("gemm", rows)
    assert totals["geometric_mean"] == pytest.approx(1.0)
    assert (totals["losses"], totals["compared"], totals["lowest_ratio"]) == (1, 2, 0.25)
    assert totals["clear_losses"] == 1
    beside_itself = rows[1] | {"beside": "direct"}
    assert total([rows[0], beside_itself])["compared"] == 1


def test_the_isa_caps_competitors_too():
    capped = environment(2, "avx2", huge_pages=True)
    assert capped["PYCONV_ISA"] == "avx2"
    assert capped["ONEDNN_MAX_CPU_ISA"] == "AVX2"
    assert capped["OMP_NUM_THREADS"] == "2"
    assert capped["THP_MEM_ALLOC_ENABLE"] == "1"
    assert "ONEDNN_MAX_CPU_ISA" not in environment(1, None, huge_pages=False)


def test_competitors_are_tried_in_every_setting():
    conv = next(row for row in all_rows(quick=True) if row.task["kind"] == "conv2d")
    names = {setting.name for setting in settings.rivals(conv, eager=True)}
    assert names == {
        f"{layout} eager{pages}"
        for layout in ("contiguous", "channels_last")
        for pages in ("", " huge-pages")
    }


ONE_ROW = ["--quick", "--only", "gemm/256^3 float32", "--threads", "1"]


def test_one_row_runs_from_the_command_line(tmp_path: Path, capsys):
    path = tmp_path / "one"
    assert command.main([*ONE_ROW, "--no-competitors", "--out", str(path)]) == 0
    report = json.loads(path.with_suffix(".json").read_text())
    assert set(report) == {
        "format",
        "machine",
        "settings",
        "versions",
        "missing",
        "batches",
        "rows",
        "groups",
        "total",
        "lectures",
    }
    assert report["settings"]["threads"] == 1
    assert {"python", "numpy", "pyconv"} <= set(report["versions"])
    [row], [batch], [group] = report["rows"], report["batches"], report["groups"]
    assert row["task"] == {"kind": "gemm", "dtype": "float32", "m": 256, "n": 256, "k": 256}
    assert row["ours"]["minimum"] <= row["ours"]["quartiles"][0] <= row["ours"]["median"]
    assert row["percent_of_peak"] > 0
    assert "ratio" not in row
    assert batch["before"]["fma_gflops"]["float32"] > 0
    assert batch["after"]["copy_gigabytes"] > 0
    assert (group["rows"], group["failed"], group["compared"]) == (1, 0, 0)
    assert str(Path.cwd()) not in json.dumps(report)
    assert "256^3 float32" in capsys.readouterr().out


def test_a_missing_competitor_is_a_visible_line(monkeypatch, capsys):
    monkeypatch.setattr(settings, "COMPETITORS", ("torch-of-tomorrow",))
    monkeypatch.setattr(settings, "rivals", lambda row, eager: [])
    assert command.main(ONE_ROW) == 0
    assert "MISSING torch-of-tomorrow" in capsys.readouterr().out


def test_a_competitor_s_own_environment_is_named_by_a_variable(monkeypatch, tmp_path):
    monkeypatch.delenv("PYCONV_BENCHMARKS_TENSORFLOW", raising=False)
    assert interpreter("tensorflow") == sys.executable
    monkeypatch.setenv("PYCONV_BENCHMARKS_TENSORFLOW", str(tmp_path / "python"))
    assert interpreter("tensorflow") == str(tmp_path / "python")
    assert interpreter("pyconv") == sys.executable


def test_an_environment_that_is_not_there_is_a_visible_line(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(settings, "COMPETITORS", ("tensorflow",))
    monkeypatch.setenv("PYCONV_BENCHMARKS_TENSORFLOW", str(tmp_path / "python"))
    monkeypatch.setattr(settings, "rivals", lambda row, eager: [])
    assert command.main(ONE_ROW) == 0
    assert "MISSING tensorflow" in capsys.readouterr().out


def test_a_wrong_result_is_not_timed(monkeypatch, capsys):
    def other_inputs(task):
        inputs = make_inputs(task)
        return inputs | {"a": 2 * inputs["a"]}

    monkeypatch.setattr(session, "make_inputs", other_inputs)
    assert command.main([*ONE_ROW, "--no-competitors"]) == 1
    assert "FAILED: c: error" in capsys.readouterr().out


@pytest.mark.parametrize("known", [[], ["--only", "gemm/256^3 float32"]])
def test_an_unknown_row_is_refused(known, capsys):
    assert command.main([*known, "--only", "no such row"]) == 2
    assert "no such row" in capsys.readouterr().out


def test_rows_of_several_names_run_once_each_in_their_order(monkeypatch):
    names = []

    def run(session, row, effort):
        names.append(row.label)
        about = {"group": row.group, "name": row.name, "beside": row.beside, "notes": []}
        return {**about, "failed": "not run"}

    monkeypatch.setattr(command.Session, "run", run)
    wanted = ["--only", "gemm/1024", "--only", "gemm/256^3", "--only", "gemm/256"]
    command.main([*wanted, "--threads", "1", "--no-competitors"])
    assert names[0].startswith("gemm/256^3")
    assert len(names) == len(set(names)) == 3


@pytest.mark.parametrize("compared", [True, False])
def test_the_picture_has_a_bar_for_every_row(tmp_path: Path, compared):
    pytest.importorskip("matplotlib")
    row = {"group": "gemm", "name": "1", "gflop": 1.0, "percent_of_peak": 80.0}
    row |= {"beside": "", "ours": {"median": 1.0}}
    report = {
        "machine": {"cpu": "a processor"},
        "settings": {"threads": 2, "isa": "avx2"},
        "rows": [row | ({"ratio": 1.5} if compared else {})],
    }
    assert picture.draw(tmp_path / "bars.png", report)
    assert (tmp_path / "bars.png").read_bytes().startswith(b"\x89PNG")


def test_the_input_pipeline_is_checked_and_equals_torchs(data_folder):
    data_folder("cats-dogs")
    task = {"kind": "input_pipeline", "dtype": "float32", "count": 8, "n": 6, "h": 20, "w": 30}
    inputs, result = run("pyconv", task)
    check(task, inputs, result)
    with pytest.raises(WrongResult, match="images"):
        check(task, inputs, result | {"images": result["images"] * np.float32(1.001)})
    with pytest.raises(WrongResult, match="labels"):
        check(task, inputs, result | {"labels": 1 - result["labels"]})
    pytest.importorskip("torch")
    job = load("torch").prepare(task, inputs, {"workers": False})
    compare(task, result, job.result(job.run()))

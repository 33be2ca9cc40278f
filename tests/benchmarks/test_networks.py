# SPDX-License-Identifier: BSD-3-Clause
"""Whole networks as benchmark tasks: equal in every library, caught where they are wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import lectures, memory, networks, report, settings
from benchmarks.checks import WrongResult, check, compare
from benchmarks.competitors import load
from benchmarks.inputs import make_inputs
from benchmarks.row import Row
from benchmarks.rows import all_rows, beside
from benchmarks.rows import networks as rows
from benchmarks.timing import FULL, LONG, turns_of
from pyconv import applications
from pyconv.evaluation import layer_costs

LAYOUTS = [{"layout": layout, "mode": "eager"} for layout in ("contiguous", "channels_last")]
SMALL = {
    "mnist": rows.MNIST.task("network training", 4),
    "dropout": rows.DEEP.task("network training", 4),
    "sigmoid": rows.CATS_DOGS.task("network training", 1),
    "residual": rows.RESNET_20.task("network training", 16),
    "prediction": rows.MNIST.task("inference", 2),
    "normalised prediction": rows.RESNET_20.task("inference", 2),
    "epoch": replace(rows.MNIST, images=1280).task("epoch", 64),
}


def run(library, task, options=None):
    inputs = make_inputs(task)
    job = load(library).prepare(task, inputs, options or {})
    return inputs, job.result(job.run())


@pytest.fixture(scope="module", params=SMALL)
def done(request):
    """A task, its inputs and our result."""
    return SMALL[request.param], *run("pyconv", SMALL[request.param])


def test_right_results_pass_and_wrong_ones_do_not(done):
    task, inputs, result = done
    assert check(task, inputs, result) < 1e-1
    wrong = {name: array * 1.2 + 0.01 for name, array in result.items()}
    with pytest.raises(WrongResult):
        check(task, inputs, wrong)
    with pytest.raises(WrongResult):
        compare(task, wrong, result)


@pytest.mark.oracle
@pytest.mark.parametrize("options", LAYOUTS, ids=lambda options: options["layout"])
def test_pytorchs_twin_gives_the_same(done, options):
    pytest.importorskip("torch")
    task, _, result = done
    compare(task, result, run("torch", task, options)[1])


@pytest.mark.oracle
def test_onnx_runtime_predicts_the_same():
    for needed in ("torch", "onnx", "onnxruntime"):
        pytest.importorskip(needed)
    task = SMALL["normalised prediction"]
    options = {"all_threads": True, "spinning": False}
    compare(task, run("pyconv", task)[1], run("onnxruntime", task, options)[1])
    with pytest.raises(NotImplementedError):
        load("onnxruntime").prepare(SMALL["mnist"], {}, options)


@pytest.mark.oracle
def test_keras_starts_an_epoch_from_the_same_loss(keras):
    pytest.importorskip("h5py")
    task = SMALL["epoch"]
    compare(task, run("pyconv", task)[1], run("keras", task)[1])


def test_an_epoch_that_learns_nothing_is_caught():
    task, first = SMALL["epoch"], np.array([2.3])
    with pytest.raises(WrongResult, match="went from"):
        compare(task, {"first": first, "learned": first}, {"first": first, "learned": first / 2})


def test_a_gradient_that_is_missing_is_caught():
    task = SMALL["mnist"]
    _, result = run("pyconv", task)
    short = {name: array for name, array in result.items() if name != "gradient_000"}
    with pytest.raises(WrongResult, match="gradient_000"):
        compare(task, result, short)


def test_weights_and_images_are_the_same_in_every_process():
    task = SMALL["mnist"]
    first, second = make_inputs(task), make_inputs(task)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_gradients_that_are_rounding_are_measured_by_the_others():
    ours = {"gradient_000": np.ones(100), "gradient_001": np.full(100, 1e-7)}
    peer = {"gradient_000": np.ones(100), "gradient_001": np.full(100, -1e-7)}
    assert networks.distance(ours, peer)["gradient_001"] == pytest.approx(2e-4)


@pytest.mark.parametrize(
    "net",
    [rows.SIMPLE, rows.MNIST, rows.DEEP, rows.CIFAR, rows.CATS_DOGS, rows.RESNET_20],
    ids=lambda net: net.title,
)
def test_work_of_a_network_is_what_its_layers_cost(net):
    flop = [2 * cost.multiply_adds for cost in layer_costs(getattr(applications, net.network)())]
    assert net.mflop == pytest.approx(sum(flop) / 1e6, rel=0.01)
    assert net.first_mflop == pytest.approx(next(filter(None, flop)) / 1e6, rel=0.01)


def test_pyconv_stands_beside_itself_in_one_setting():
    for row in beside.rows(quick=False):
        [setting] = settings.rivals(row, eager=False)
        assert setting.library == "pyconv"
        assert setting.options or setting.threads == 1


@pytest.mark.parametrize("name", ["direct", "channels_first", "float64"])
def test_our_other_settings_give_the_same(name):
    row = next(r for r in beside.rows(quick=False) if r.beside == name and "conv2d" in r.label)
    task = row.task | {"n": 1, "h": 10, "w": 10, "oh": 10, "ow": 10, "c": 4, "f": 4, "kh": 3}
    task |= {"kw": 3, "stride": 1, "padding": 1}
    if name != "direct":
        task["direction"] = "forward"
    inputs, result = run("pyconv", task)
    other = run("pyconv", task, settings.BESIDE[name].options)[1]
    compare(task, result, other)
    assert check(task, inputs, other) <= 5e-6


def test_rows_for_avx2_hold_everyone_to_it():
    held = [row for row in all_rows(quick=False) if row.isa]
    assert held
    for row in held:
        assert settings.ours(row).isa == "avx2"
        assert {setting.isa for setting in settings.rivals(row, eager=True)} == {"avx2"}


def test_long_calls_are_made_a_few_times_and_small_ones_often():
    row = Row(group="", name="", task={"kind": "conv2d"}, long=True)
    assert FULL.fitted(row) == LONG
    prediction = replace(row, task={"kind": "inference"})
    assert FULL.fitted(prediction) == replace(LONG, warmups=FULL.warmups)
    assert FULL.fitted(replace(row, long=False, calls=10_000)).samples == 10_000
    assert FULL.fitted(replace(row, long=False)) == FULL


def test_a_short_run_gives_long_calls_more_of_its_time_than_others():
    row = Row(group="", name="", task={"kind": "conv2d"}, long=True)
    cut = FULL.within(0.5).fitted(row)
    assert cut.most == 0.5 * turns_of(row) > 0.5
    assert cut.least == cut.most
    assert turns_of(replace(row, long=False)) == 1


def test_lectures_times_are_computed_from_epochs():
    task = {"network": "deep_convnet"}
    records = [{"group": "epoch", "task": task, "ours": {"quartiles": [30.0, 31.0]}}]
    [story] = lectures.table(records)
    assert story["minutes"] == pytest.approx(10.0)
    assert story["said"] == "half a day"
    assert lectures.table([]) == []


def test_the_end_of_a_report_tells_losses_and_lectures(capsys):
    totals = {"geometric_mean": 1.5, "lowest_ratio": 0.8, "losses": 3, "clear_losses": 1}
    story = {"what": "a network", "said": "half a day", "minutes": 10.0, "epochs": 20}
    report.say_end(totals | {"compared": 9}, [story])
    printed = capsys.readouterr().out
    assert "below 1: 3, below 0.9: 1 of 9" in printed
    assert "half a day" in printed
    assert "10.0 minutes, 20 epochs" in printed


def test_memory_of_a_training_step_is_measured_in_a_process_of_its_own():
    row = Row(group="peak memory", name="m", task=SMALL["mnist"], memory=True)
    record = memory.measure(row, 1, None, eager=True, alone=True)
    assert record["ours"]["peak_megabytes"] > record["ours"]["before_megabytes"] > 10
    assert "MB" in report._line(record)

# SPDX-License-Identifier: BSD-3-Clause
"""The example programs of the explicit layers, in their quick form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from programs import run_program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

PROGRAMS = [
    # its weights, steps, least accuracy, dtype of the file
    ("scratch_simple_convnet.py", [], 433_890, 40, 0.4, "<f8"),
    ("scratch_deep_convnet.py", [], 123_552, 24, 0.05, "<f8"),  # too few steps to be sure
    ("scratch_deep_convnet.py", ["--float32"], 123_552, 24, 0.05, "<f4"),
]


@pytest.mark.parametrize(("name", "options", "numbers", "steps", "least", "dtype"), PROGRAMS)
def test_trains_and_writes_its_parameters(
    name: str,
    options: list[str],
    numbers: int,
    steps: int,
    least: float,
    dtype: str,
    tmp_path: Path,
) -> None:
    command = [str(EXAMPLES / name), "--quick", *options, "--out", "weights.npz"]
    lines = run_program(command, tmp_path, seconds=120).splitlines()
    assert lines[0] == f"{numbers:,} parameters"
    losses = [float(line.removeprefix("train loss:")) for line in lines if "loss:" in line]
    assert len(losses) == steps
    assert np.mean(losses[-5:]) < np.mean(losses[:5])
    accuracy = re.fullmatch(r"test acc:(\d\.\d+)", lines[-2])
    assert accuracy is not None
    assert float(accuracy[1]) > least
    with np.load(tmp_path / "weights.npz") as file:
        assert sum(file[key].size for key in file.files) == numbers
        assert {file[key].dtype.str for key in file.files} == {dtype}


def test_the_experiments_point_where_those_of_the_book_do(tmp_path: Path) -> None:
    run_program([str(EXAMPLES / "scratch_experiments.py"), "--quick"], tmp_path, seconds=120)
    figures = json.loads((tmp_path / "experiments.json").read_text())
    assert max(figures["gradients"].values()) < 1e-5
    assert max(figures["optimizers"], key=figures["optimizers"].get) == "sgd"
    assert figures["starts"]["he"] < figures["starts"]["std_0.01"]
    assert figures["dropout"]["dropout"] < figures["dropout"]["plain"]
    assert figures["decay"]["decay"] < figures["decay"]["plain"]
    scales = [key for key in figures["normalisation"] if not key.endswith("_normalised")]
    assert len(scales) == 4
    for scale in scales:
        normalised = figures["normalisation"][f"{scale}_normalised"]
        assert normalised >= figures["normalisation"][scale]

# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv demo` in small, from beginning to end, in a process of its own."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import pyconv
from pyconv.cli import main

HIDE_MATPLOTLIB = (
    "import sys; sys.modules['matplotlib'] = None; from pyconv.cli import main; "
    "sys.exit(main(sys.argv[1:]))"
)


def demo(folder: Path, *arguments: str, program: tuple[str, ...] = ("-m", "pyconv")) -> str:
    """Run the demo where no data lies, in `folder`; return what it wrote."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "PYCONV_DATA": str(folder / "no-data"),
        "PYCONV_HOME": str(folder / "no-home"),
        "KERAS_HOME": str(folder / "no-keras"),
        "MPLBACKEND": "",
    }
    environment.pop("DISPLAY", None)
    done = subprocess.run(
        [sys.executable, *program, "demo", *arguments],
        cwd=folder,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_trains_and_leaves_its_files(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    shown = demo(tmp_path, "--subset", "2000", "--epochs", "2", "--seed", "1")
    assert "MNIST is not on this machine" in shown
    assert "pyconv train simple_convnet" in shown
    assert "2,000 generated digits" in shown
    assert "433,890 weights" in shown
    accuracy = re.search(r"^test accuracy: (0\.\d{4})$", shown, re.MULTILINE)
    assert accuracy is not None
    assert float(accuracy[1]) > 0.5
    assert re.search(r"training speed: [\d,]+ images/s, [\d.]+ times the book's", shown)
    out = tmp_path / "pyconv-demo"
    pictures = ["confusion.png", "curves.png", "filters.png", "misclassified.png"]
    assert sorted(p.name for p in out.iterdir()) == sorted([*pictures, "history.csv", "model.npz"])
    assert all((out / name).read_bytes()[:4] == b"\x89PNG" for name in pictures)
    with (out / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[1]["loss"]) < float(rows[0]["loss"])
    assert {"accuracy", "val_loss", "val_accuracy"} <= set(rows[0])
    model = pyconv.load_model(out / "model.npz")
    assert model.count_params() == 433_890
    command = re.search(r"^next: pyconv (.*)$", shown, re.MULTILINE)
    assert command is not None
    ran = subprocess.run(
        [sys.executable, "-m", "pyconv", *shlex.split(command[1])],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    )
    assert "model: " in ran.stdout, ran.stderr


def test_the_demo_goes_on_without_matplotlib(tmp_path: Path) -> None:
    arguments = ("--subset", "300", "--epochs", "1", "--out", "there")
    shown = demo(tmp_path, *arguments, program=("-c", HIDE_MATPLOTLIB))
    assert "pip install matplotlib" in shown
    assert sorted(p.name for p in (tmp_path / "there").iterdir()) == ["history.csv", "model.npz"]


def test_the_demo_takes_mnist_where_it_lies(
    tmp_path: Path, data_folder: Callable[[str], Path]
) -> None:
    folder = str(data_folder("mnist"))
    shown = demo(tmp_path, "--data", folder, "--subset", "500", "--epochs", "1")
    assert f"MNIST from {folder}: 500 digits to train on, 10,000 to test with" in shown


def test_a_user_error_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert main(["demo", "--data", str(tmp_path / "nothing"), "--out", out]) == 1
    assert capsys.readouterr().err.startswith("pyconv demo: mnist.load_data: path=")
    (tmp_path / "file").write_text("")
    assert main(["demo", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err

# SPDX-License-Identifier: BSD-3-Clause
"""`pyconv show`: a PNG file of what was asked for, and a line that says what and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pyconv import Sequential
from pyconv.cli import main
from pyconv.datasets import generated_digits
from pyconv.layers import Conv2D, Dense, Flatten, Input


@pytest.fixture
def digit(tmp_path: Path) -> str:
    """Return the file of a digit."""
    pytest.importorskip("matplotlib")
    path = tmp_path / "digit.npy"
    np.save(path, generated_digits(1, 0)[0][0])
    return str(path)


def is_png(path: Path) -> bool:
    return path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("filters", [], "kernels of conv2d, conv2d_1, conv2d_2"),
        ("filters", ["--layer", "conv2d_1"], "kernels of conv2d_1"),
        ("feature-maps", ["--layer", "max_pooling2d"], "maps of max_pooling2d for "),
        ("grad-cam", [], "what speaks for class "),
        ("grad-cam", ["--class", "3", "--layer", "conv2d"], "what speaks for class 3 (output "),
        (
            "patterns",
            ["--layer", "conv2d", "--filters", "2"],
            "what filters of conv2d answer to, 2 at most",
        ),
        ("patterns", ["--filters", "2"], "what filters of conv2d_2 answer to, 2 at most"),
    ],
)
def test_the_digits_model_is_shown(
    kind: str,
    options: list[str],
    said: str,
    digit: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "shown.png"
    files = [digit] if kind in ("grad-cam", "feature-maps") else []
    assert main(["show", kind, *options, *files, "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: {said}")
    assert is_png(out)


def test_a_model_of_ones_own_takes_its_own_range(
    digit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Sequential(
        [
            Input((9, 9, 3)),
            Conv2D(2, 3, activation="relu"),
            Flatten(),
            Dense(1, activation="sigmoid"),
        ]
    )
    path = tmp_path / "own.npz"
    model.save(path)
    out = tmp_path / "own.png"
    arguments = ["show", "grad-cam", str(path), digit, "--out", str(out), "--range", "-1", "1"]
    assert main([*arguments, "--class", "0"]) == 0
    assert capsys.readouterr().out.startswith(f"{out}: what speaks for class 0 (output ")
    assert is_png(out)


def test_the_file_is_named_by_what_it_shows(digit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(digit).parent)
    assert main(["show", "filters"]) == 0
    assert is_png(Path("filters.png"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grad-cam", "a.png", "b.png"], "grad-cam: 2 pictures; must be one picture"),
        (["grad-cam", "model.npz"], "grad-cam: 0 pictures; must be one picture"),
        (["filters", "a.png"], "filters: 1 pictures; must be no picture"),
        (["filters", "--layer", "lost"], "layer='lost'; must be one of conv2d"),
        (["grad-cam", "DIGIT", "--class", "10"], "class_index=10; must be < 10"),
        (["feature-maps", "DIGIT", "--layer", "flatten"], "must make maps"),
        (["grad-cam", "lost.npz", "DIGIT"], "lost.npz"),
        (["grad-cam", "lost.png"], "lost.png"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    arguments: list[str], said: str, digit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [digit if a == "DIGIT" else a for a in arguments]
    assert main(["show", *given, "--out", str(Path(digit).parent / "x.png")]) == 1
    error = capsys.readouterr().err
    assert error.startswith("pyconv show: ")
    assert said in error
    assert error.count("\n") == 1
    assert not (Path(digit).parent / "x.png").exists()


def test_a_model_without_convolutions_has_no_patterns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = tmp_path / "dense.npz", tmp_path / "x.png"
    Sequential([Input((8, 8, 1)), Flatten(), Dense(3)], name="dense").save(model)
    assert main(["show", "patterns", str(model), "--out", str(out)]) == 1
    assert "patterns: dense has no convolution; name a --layer" in capsys.readouterr().err
    assert not out.exists()


def test_a_file_that_is_read_is_not_drawn_over(
    digit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(digit).read_bytes()
    (tmp_path / "link.npy").symlink_to(digit)
    for out in (digit, str(tmp_path / "link.npy")):
        assert main(["show", "feature-maps", digit, "--out", out]) == 1
        assert "is read; must be another file" in capsys.readouterr().err
    assert Path(digit).read_bytes() == before

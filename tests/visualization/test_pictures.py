# SPDX-License-Identifier: BSD-3-Clause
"""Pictures: the arrays they return, the files they write, and what happens without matplotlib."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv import visualization

HISTORY = {"loss": [1.0, 0.5], "accuracy": [0.6, 0.8], "val_loss": [1.1, 0.7]}
KERNEL = np.random.default_rng(0).normal(size=(5, 4, 1, 30))
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 9, 7)).astype(np.uint8)
LABELS = np.arange(40) % 4
WRONG = (LABELS + (np.arange(40) >= 10)) % 4  # the first ten are right

DRAWINGS: dict[str, Callable[[Any], Any]] = {
    "curves": lambda path: visualization.curves(HISTORY, path),
    "filter_grid": lambda path: visualization.filter_grid(KERNEL, KERNEL * 2, path),
    "misclassified": lambda path: visualization.misclassified(IMAGES, LABELS, WRONG, path),
    "confusion_matrix": lambda path: visualization.confusion_matrix(LABELS, WRONG, path),
}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pytest.importorskip("matplotlib")
    return tmp_path / "picture.png"


def pixels(path: Path) -> np.ndarray:
    image = pytest.importorskip("matplotlib.image").imread(path)
    assert image.ndim == 3
    return image[..., :3]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_png_file_appears_that_is_no_blank_sheet(name: str, picture: Path) -> None:
    DRAWINGS[name](picture)
    seen = pixels(picture)
    assert min(seen.shape[:2]) > 200
    assert seen.std() > 0.05
    assert list(picture.parent.iterdir()) == [picture]


@pytest.mark.parametrize("name", DRAWINGS)
def test_without_matplotlib_the_error_says_how_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=f"^{name}: drawing needs matplotlib; pip install matplo"):
        DRAWINGS[name](tmp_path / "picture.png")


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_failed_drawing_leaves_the_old_file(
    name: str, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib.figure import Figure

    def fail(self: Figure, file: Any, **options: Any) -> None:
        file.write(b"half")
        raise OSError(28, "No space left on device")

    picture.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(OSError, match="No space left on device"):
        DRAWINGS[name](picture)
    assert picture.read_bytes() == b"old"
    assert list(picture.parent.iterdir()) == [picture]


@pytest.mark.parametrize("name", DRAWINGS)
def test_without_a_path_nothing_is_written(
    name: str, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    from matplotlib import pyplot

    monkeypatch.setattr(matplotlib, "get_backend", lambda: "agg")
    pyplot.switch_backend("agg")
    monkeypatch.chdir(picture.parent)
    DRAWINGS[name](None)
    assert len(pyplot.get_fignums()) == 1
    pyplot.close("all")
    assert list(picture.parent.iterdir()) == []


def test_curves_return_a_row_per_name(picture: Path) -> None:
    drawn = visualization.curves(HISTORY, picture)
    np.testing.assert_array_equal(drawn, list(HISTORY.values()))


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"loss": [1, 2], "accuracy": [1]}])
def test_curves_refuse_a_history_without_rule(history: dict[str, Any], picture: Path) -> None:
    with pytest.raises(ValueError, match="curves: history has"):
        visualization.curves(history, picture)


def test_filter_grid_lays_filters_out_row_by_row(picture: Path) -> None:
    grid = visualization.filter_grid(KERNEL, path=picture)
    assert grid.shape == (4 * 6 - 1, 8 * 5 - 1)
    tenth = KERNEL[:, :, 0, 9]
    expected = (tenth - tenth.min()) / np.ptp(tenth)
    np.testing.assert_allclose(grid[6:11, 5:9], expected)
    assert np.isnan(grid[5]).all()
    assert np.isnan(grid[18:, 30:]).all()  # no filter 31 and 32
    both = visualization.filter_grid(KERNEL, -KERNEL, picture)
    np.testing.assert_array_equal(both[0], grid)
    np.testing.assert_allclose(both[1], 1 - grid)


def test_filter_grid_reverses_its_greys(picture: Path) -> None:
    visualization.filter_grid(KERNEL, path=picture)
    plain = pixels(picture)
    visualization.filter_grid(KERNEL, path=picture, cmap="gray_r")
    assert np.abs(plain - pixels(picture)).max() == 1


def test_filter_grid_takes_constant_filters(picture: Path) -> None:
    grid = visualization.filter_grid(np.zeros((3, 3, 2, 1)), path=picture)
    np.testing.assert_array_equal(grid, np.zeros((3, 3)))


def test_filter_grid_refuses_other_shapes(picture: Path) -> None:
    with pytest.raises(ValueError, match=r"filter_grid: kernel.shape=\[\(3, 3\)\]"):
        visualization.filter_grid(np.zeros((3, 3)), path=picture)
    with pytest.raises(ValueError, match=r"filter_grid: kernel\.shape"):
        visualization.filter_grid(KERNEL, KERNEL[:3], picture)
    with pytest.raises(ValueError, match="filter_grid: columns=0"):
        visualization.filter_grid(KERNEL, path=picture, columns=0)


def test_misclassified_returns_the_first_twenty_and_what_they_were_taken_for(
    picture: Path,
) -> None:
    drawn, views = visualization.misclassified(IMAGES, LABELS, WRONG, picture)
    np.testing.assert_array_equal(drawn, IMAGES[10:30])
    assert list(views) == list(range(1, 21))
    assert views[1] == (2, 3)
    assert views[2] == (3, 0)


def test_misclassified_takes_outputs_and_channels(picture: Path) -> None:
    outputs = np.eye(4)[WRONG]
    drawn, views = visualization.misclassified(IMAGES[..., None], LABELS, outputs, picture)
    np.testing.assert_array_equal(drawn, IMAGES[10:30])
    assert views[20] == (LABELS[29], WRONG[29])


def test_misclassified_draws_a_perfect_result(picture: Path) -> None:
    drawn, views = visualization.misclassified(IMAGES, LABELS, LABELS, picture)
    assert drawn.shape == (0, 9, 7)
    assert views == {}
    assert picture.exists()


def test_misclassified_refuses_other_lengths(picture: Path) -> None:
    with pytest.raises(ValueError, match="misclassified: 39 predictions for 40 labels"):
        visualization.misclassified(IMAGES, LABELS, WRONG[1:], picture)
    with pytest.raises(ValueError, match=r"misclassified: images\.shape"):
        visualization.misclassified(IMAGES[1:], LABELS, WRONG, picture)


def test_confusion_matrix_counts(picture: Path) -> None:
    counts = visualization.confusion_matrix([0, 0, 1, 2, 2], [0, 1, 1, 2, 0], picture)
    np.testing.assert_array_equal(counts, [[1, 1, 0], [0, 1, 0], [1, 0, 1]])
    named = visualization.confusion_matrix([0], [0], picture, class_names=["cat", "dog"])
    np.testing.assert_array_equal(named, [[1, 0], [0, 0]])


def test_confusion_matrix_refuses_classes_without_name(picture: Path) -> None:
    with pytest.raises(ValueError, match="confusion_matrix: classes 0 to 2; must be 0 to 1"):
        visualization.confusion_matrix([0, 2], [0, 1], picture, class_names=["cat", "dog"])
    with pytest.raises(ValueError, match=r"confusion_matrix: labels\[1\]=-1; must be a class"):
        visualization.confusion_matrix([0, -1], [0, 1], picture)


def test_importing_does_not_import_matplotlib() -> None:
    program = "import sys, pyconv.visualization; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

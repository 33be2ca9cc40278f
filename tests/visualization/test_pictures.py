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
from tolerances import PIXEL

from pyconv import Sequential, data, visualization
from pyconv.evaluation import ablation
from pyconv.layers import Conv2D, Input, RandomFlip, RandomRotation

HISTORY = {"loss": [1.0, 0.5], "accuracy": [0.6, 0.8], "val_loss": [1.1, 0.7]}
KERNEL = np.random.default_rng(0).normal(size=(5, 4, 1, 30))
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 9, 7)).astype(np.uint8)
LABELS = np.arange(40) % 4
SCORES = {"000": [0.5, 0.6, 0.7], "001": [0.6, 0.7, 0.9]}
WRONG = (LABELS + (np.arange(40) >= 10)) % 4  # the first ten are right

DRAWINGS: dict[str, Callable[[Any], Any]] = {
    "curves": lambda path: visualization.curves(HISTORY, path),
    "filter_grid": lambda path: visualization.filter_grid(KERNEL, KERNEL * 2, path),
    "misclassified": lambda path: visualization.misclassified(IMAGES, LABELS, WRONG, path),
    "confusion_matrix": lambda path: visualization.confusion_matrix(LABELS, WRONG, path),
    "augmented_samples": lambda path: visualization.augmented_samples(
        turned, IMAGES[0, ..., None], path
    ),
    "box_plot": lambda path: visualization.box_plot(SCORES, path),
    "feature_maps": lambda path: visualization.feature_maps(network(), IMAGES[0] / 255, path),
    "filter_histogram": lambda path: visualization.filter_histogram(KERNEL, KERNEL * 2, path),
    "filter_patterns": lambda path: visualization.filter_patterns(
        network(), "c", path, filters=9, steps=1
    ),
    "filters_over_picture": lambda path: visualization.filters_over_picture(
        IMAGES[0], KERNEL, path
    ),
    "image_kernels": lambda path: visualization.image_kernels(IMAGES[0], path),
    "layer_depth": lambda path: visualization.layer_depth(
        network(), ["c"], path, filters=2, steps=1
    ),
    "layer_kernels": lambda path: visualization.layer_kernels(network(), path),
    "overlay": lambda path: visualization.overlay(IMAGES[0], np.eye(3), path),
}
SOME = list(DRAWINGS)[::4]  # where what they share is tested


def turned(batch: Any) -> Any:
    """An augmentation: quarter turns and back, by a counter of its own."""
    turned.count = getattr(turned, "count", 0) + 1  # type: ignore[attr-defined]
    return batch[:, :: (-1) ** turned.count]  # type: ignore[attr-defined]


def network() -> Sequential:
    return Sequential([Input((9, 7, 1)), Conv2D(9, 3, name="c", bias_initializer="ones")])


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
    assert min(seen.shape[:2]) > 80
    assert seen.std() > 0.02
    assert list(picture.parent.iterdir()) == [picture]


@pytest.mark.parametrize("name", DRAWINGS)
def test_without_matplotlib_the_error_says_how_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=f"^{name}: drawing needs matplotlib; pip install matplo"):
        DRAWINGS[name](tmp_path / "picture.png")


@pytest.mark.parametrize("name", SOME)
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


@pytest.mark.parametrize("name", SOME)
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


def test_confusion_matrix_takes_names_as_an_array_and_as_numbers(picture: Path) -> None:
    for names in (np.array(["cat", "dog"]), [3, 4]):
        counts = visualization.confusion_matrix([0], [1], picture, class_names=names)  # type: ignore[arg-type]
        assert counts.tolist() == [[0, 1], [0, 0]]


def test_a_picture_of_hundreds_of_classes_fits_into_the_memory(picture: Path) -> None:
    labels = np.arange(300)
    visualization.confusion_matrix(labels, labels[::-1], picture)
    head = picture.read_bytes()[16:24]  # width and height of a PNG file
    width, height = (int.from_bytes(head[i : i + 4], "big") for i in (0, 4))
    assert 1000 < width * height <= 1 << 25


def test_confusion_matrix_refuses_classes_without_name(picture: Path) -> None:
    with pytest.raises(ValueError, match="confusion_matrix: classes 0 to 2; must be 0 to 1"):
        visualization.confusion_matrix([0, 2], [0, 1], picture, class_names=["cat", "dog"])
    with pytest.raises(ValueError, match=r"confusion_matrix: labels\[1\]=-1; must be a class"):
        visualization.confusion_matrix([0, -1], [0, 1], picture)


def test_confusion_matrix_needs_a_sample(picture: Path) -> None:
    with pytest.raises(ValueError, match="confusion_matrix: labels is empty"):
        visualization.confusion_matrix([], [], picture, class_names=["cat"])


def test_misclassified_takes_one_hot_labels_and_single_units(picture: Path) -> None:
    labels = np.arange(40) % 2
    outputs = np.where(np.arange(40) < 38, labels, 1 - labels)[:, None] * 0.8 + 0.1
    drawn, views = visualization.misclassified(IMAGES, np.eye(2)[labels], outputs, picture)
    np.testing.assert_array_equal(drawn, IMAGES[38:])
    assert views == {1: (0, 1), 2: (1, 0)}


def test_box_plots_return_a_row_per_setting(picture: Path) -> None:
    np.testing.assert_array_equal(visualization.box_plot(SCORES, picture), list(SCORES.values()))
    table = ablation(lambda on, seed: seed + on["a"], ["a"], range(3))
    np.testing.assert_array_equal(visualization.box_plot(table, picture), [[0, 1, 2], [1, 2, 3]])


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({}, r"scores of shapes \[\]"),
        ({"a": []}, r"scores of shapes \[\(0,\)\]"),
        ({"a": [1.0], "b": [1.0, 2.0]}, r"scores of shapes \[\(1,\), \(2,\)\]"),
        ({"a": [float("nan")]}, "scores hold a value that is not finite"),
    ],
)
def test_box_plots_refuse_scores_without_rule(scores: Any, said: str, picture: Path) -> None:
    with pytest.raises(ValueError, match=f"box_plot: {said}"):
        visualization.box_plot(scores, picture)


def test_a_function_augments_the_first_image_again_and_again(picture: Path) -> None:
    calls: list[Any] = []

    def augment(batch: Any) -> Any:
        calls.append(batch)
        return batch + np.uint8(len(calls))

    images = (IMAGES[:3, ..., None] // 2).astype(np.uint8)
    samples = visualization.augmented_samples(augment, images, picture)
    assert samples.shape == (9, 9, 7)
    assert len(calls) == 9
    for i, batch in enumerate(calls):
        np.testing.assert_array_equal(batch, images[:1])
        np.testing.assert_allclose(samples[i], (images[0, ..., 0] + i + 1) / 255, atol=PIXEL)


def test_an_iterator_is_read_only_as_far_as_needed(picture: Path) -> None:
    given: list[int] = []

    def batches() -> Any:
        for i in range(100):
            given.append(i)
            yield np.full((4, 5, 6, 3), i / 100, np.float32), np.zeros(4)

    samples = visualization.augmented_samples(batches(), path=picture, rows=2, columns=3)
    assert samples.shape == (6, 5, 6, 3)
    assert given == [0, 1]
    np.testing.assert_allclose(samples[:, 0, 0, 0], [0] * 4 + [0.01] * 2, atol=PIXEL)


def test_samples_share_one_scale(picture: Path) -> None:
    """A dark picture among pictures from 0 to 255 is no picture from 0 to 1."""
    dark, bright = np.full((1, 4, 4, 1), 0.5), np.full((1, 4, 4, 1), 255.0)
    samples = visualization.augmented_samples([dark, bright], path=picture, rows=1, columns=2)
    np.testing.assert_allclose(samples[:, 0, 0], [0.5 / 255, 1], atol=PIXEL)


@pytest.mark.parametrize(
    ("source", "images", "kind", "said"),
    [
        (3, None, TypeError, "source=int, images=NoneType; must be a function with images"),
        (turned, None, TypeError, "source=function, images=NoneType"),
        ([IMAGES], IMAGES, TypeError, "source=list, images=ndarray"),
        (turned, IMAGES[0], ValueError, r"images.shape=\(9, 7\); must be"),
        ([IMAGES], None, ValueError, r"source gives \(40, 9, 7\); must be batches"),
        ([IMAGES[:3, ..., None]], None, ValueError, "3 pictures; must be 9 of one shape"),
        ([IMAGES[:9, ..., None].repeat(2, -1)], None, ValueError, r"picture.shape=\(9, 7, 2\)"),
    ],
)
def test_samples_refuse_what_gives_no_pictures(
    source: Any, images: Any, kind: type[Exception], said: str, picture: Path
) -> None:
    with pytest.raises(kind, match=f"augmented_samples: {said}"):
        visualization.augmented_samples(source, images, picture)


def test_filter_histograms_count_both_kernels(picture: Path) -> None:
    counts = visualization.filter_histogram(KERNEL, KERNEL * 2, picture, bins=10)
    assert counts.shape == (2, 10)
    assert counts.sum(axis=1).tolist() == [KERNEL.size] * 2
    assert counts[0].max() > counts[1].max(), "the wider one is the flatter"


def test_a_room_loads_when_it_is_asked_for() -> None:
    program = (
        "import sys, pyconv; assert 'pyconv.visualization' not in sys.modules; "
        "pyconv.visualization.curves, pyconv.evaluation.KFold; "
        "assert not hasattr(pyconv, 'nonsense')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_importing_does_not_import_matplotlib() -> None:
    program = "import sys, pyconv.visualization; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_dataset_gives_samples(picture: Path) -> None:
    images = (IMAGES[:12, ..., None] / 255).astype(np.float32)
    dataset = data.Dataset.from_tensor_slices((images, LABELS[:12])).batch(5)
    samples = visualization.augmented_samples(dataset, path=picture)
    np.testing.assert_array_equal(samples, images[:9, ..., 0])


def test_augmentation_layers_give_samples(picture: Path) -> None:
    augment = Sequential([RandomFlip("horizontal"), RandomRotation(0.1)])
    samples = visualization.augmented_samples(
        lambda x: augment(x, training=True), IMAGES[:1, ..., None].astype(np.float32), picture
    )
    assert len({sample.tobytes() for sample in samples}) > 1
    alone = visualization.augmented_samples(
        RandomRotation(0.1), IMAGES[:1, ..., None].astype(np.float32), picture
    )
    assert len({sample.tobytes() for sample in alone}) == 9, "called directly they are random"

# SPDX-License-Identifier: BSD-3-Clause
"""Batches of folders and tables: their classes, labels, subsets, pictures, and training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyconv.preprocessing.image import ImageDataGenerator, img_to_array, load_img

X = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1) * np.ones((1, 4, 6, 3), np.uint8)
Image = pytest.importorskip("PIL.Image")


def numbers(batch: Any) -> list[int]:
    """Return which images of X a batch holds."""
    return [int(image.max()) for image in batch]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes of 4, 6 and 2 pictures, each of one grey that tells its number."""
    grey = 0
    for name, count in (("cats", 4), ("dogs", 6), ("ants", 2)):
        (tmp_path / name).mkdir()
        for i in range(count):
            Image.new("RGB", (9 + i, 7), (grey, grey, grey)).save(tmp_path / name / f"{i}.png")
            grey += 20
    (tmp_path / "cats" / "notes.txt").write_text("no picture")
    return tmp_path


def test_folders_are_classes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = ImageDataGenerator()
    flow = generator.flow_from_directory(folder, (5, 6), batch_size=5, shuffle=False)
    assert capsys.readouterr().out == "Found 12 images belonging to 3 classes.\n"
    assert flow.class_indices == {"ants": 0, "cats": 1, "dogs": 2}
    assert (flow.samples, flow.n, flow.num_classes, len(flow)) == (12, 12, 3, 3)
    assert flow.classes.tolist() == [0] * 2 + [1] * 4 + [2] * 6
    assert flow.filenames[:3] == ["ants/0.png", "ants/1.png", "cats/0.png"]
    assert flow.filepaths[0] == str(folder / "ants" / "0.png")
    assert flow.image_shape == (5, 6, 3)
    x, y = next(flow)
    assert (x.shape, x.dtype) == ((5, 5, 6, 3), np.float32)
    assert numbers(x) == [200, 220, 0, 20, 40]
    np.testing.assert_array_equal(y, np.eye(3, dtype=np.float32)[[0, 0, 1, 1, 1]])
    assert y.dtype == np.float32


@pytest.mark.parametrize("class_mode", ["binary", "sparse", "input", None])
def test_kinds_of_labels(folder: Path, class_mode: str | None) -> None:
    generator = ImageDataGenerator(horizontal_flip=True)
    flow = generator.flow_from_directory(
        folder, (5, 6), "grayscale", ["dogs", "cats"], class_mode, batch_size=10, shuffle=False
    )
    assert flow.class_indices == {"dogs": 0, "cats": 1}
    batch = next(flow)
    if class_mode is None:
        assert batch.shape == (10, 5, 6, 1)
        return
    x, y = batch
    if class_mode == "input":
        np.testing.assert_array_equal(x, y)
        assert not np.shares_memory(x, y)
    else:
        assert (y.tolist(), y.dtype) == ([0.0] * 6 + [1.0] * 4, np.float32)


def test_of_each_class_the_first_files_are_the_validation_s(folder: Path) -> None:
    generator = ImageDataGenerator(validation_split=0.5)
    names = {}
    for subset in ("training", "validation"):
        flow = generator.flow_from_directory(folder, subset=subset)
        assert len(flow.filenames) == len(flow.classes) == flow.samples == 6
        names[subset] = flow.filenames
    assert names["validation"] == [
        "ants/0.png", "cats/0.png", "cats/1.png", "dogs/0.png", "dogs/1.png", "dogs/2.png",
    ]  # fmt: skip
    assert not set(names["training"]) & set(names["validation"])


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("color_mode", ["rgb", "grayscale", "rgba"])
def test_photographs_are_those_of_load_img_in_order(
    tmp_path: Path, data_format: Any, color_mode: Any
) -> None:
    """Upright ones and turned ones, more than a thread decodes at a time."""
    rng, paths = np.random.default_rng(4), [tmp_path / f"a/{i}.jpg" for i in range(9)]
    paths[0].parent.mkdir()
    for i, path in enumerate(paths):
        exif = Image.Exif()
        exif[0x0112] = 1 + i % 2 * 5
        pixels = rng.integers(0, 256, (20 + i, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(path, exif=exif)
    loading: Any = {"color_mode": color_mode, "target_size": (16, 12), "interpolation": "bilinear"}
    flow = ImageDataGenerator(data_format=data_format).flow_from_directory(
        tmp_path, class_mode=None, batch_size=7, shuffle=False, **loading
    )
    found = [image for batch in (next(flow), next(flow)) for image in batch]
    for image, path in zip(found, paths, strict=True):
        expected = img_to_array(load_img(path, **loading), data_format)
        np.testing.assert_array_equal(image, expected, strict=True)


@pytest.mark.oracle
@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "lanczos"])
@pytest.mark.parametrize("keep_aspect_ratio", [False, True])
def test_pictures_are_resized_as_in_keras(
    keras: Any, tmp_path: Path, interpolation: str, keep_aspect_ratio: bool
) -> None:
    import importlib

    theirs = importlib.import_module("keras.src.legacy.preprocessing.image").ImageDataGenerator
    (tmp_path / "a").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (23, 17, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a" / "x.png")
    for color_mode in ("rgb", "grayscale", "rgba"):
        flows = [
            g().flow_from_directory(
                str(tmp_path), (9, 12), color_mode, class_mode=None,
                interpolation=interpolation, keep_aspect_ratio=keep_aspect_ratio,
            )
            for g in (ImageDataGenerator, theirs)
        ]  # fmt: skip
        np.testing.assert_array_equal(next(flows[0]), next(flows[1]))


def test_iterators_tell_how_they_were_made_by_keras_s_names(folder: Path) -> None:
    generator = ImageDataGenerator(validation_split=0.25)
    flow = generator.flow_from_directory(
        folder, (5, 6), subset="training", interpolation="box", save_to_dir=folder, save_prefix="p"
    )
    assert (flow.interpolation, flow.keep_aspect_ratio) == ("box", False)
    assert (flow.subset, flow.split) == ("training", (0.25, 1))
    assert (flow.save_to_dir, flow.save_prefix, flow.save_format) == (str(folder), "p", "png")
    other = generator.flow(X, save_format="jpeg")
    assert (other.save_to_dir, other.save_prefix, other.save_format) == (None, "", "jpeg")
    plain = generator.flow_from_directory(folder, (5, 6))
    assert (plain.subset, plain.split) == (None, None)


def test_class_numbers_of_one_folder_choose_the_classes_of_another(folder: Path) -> None:
    generator = ImageDataGenerator()
    numbers = generator.flow_from_directory(folder, classes=["dogs", "ants"]).class_indices
    flow = generator.flow_from_directory(folder, classes=numbers)  # type: ignore[arg-type]
    assert flow.class_indices == {"dogs": 0, "ants": 1}


def test_bad_folders_and_files(folder: Path) -> None:
    generator = ImageDataGenerator()
    with pytest.raises(ValueError, match="flow_from_directory: directory='/no/such'"):
        generator.flow_from_directory("/no/such")
    bad: dict[str, Any]
    for bad in ({"classes": 3}, {"classes": "cats"}, {"follow_links": 1}, {"save_to_dir": 3.0}):
        name, value = next(iter(bad.items()))
        with pytest.raises(TypeError, match=f"flow_from_directory: {name}={value!r}; must be"):
            generator.flow_from_directory(folder, **bad)
    with pytest.raises(ValueError, match=r"flow_from_directory: classes=\['cows'\]; must be"):
        generator.flow_from_directory(folder, classes=["cows"])
    for options in ({"class_mode": "raw"}, {"color_mode": "cmyk"}, {"interpolation": "area"}):
        name, value = next(iter(options.items()))
        with pytest.raises(ValueError, match=f"flow_from_directory: {name}={value!r}"):
            generator.flow_from_directory(folder, **options)
    with pytest.raises(ValueError, match=r"target_size\[0\]=0"):
        generator.flow_from_directory(folder, (0, 4))
    (folder / "cats" / "9.png").write_bytes(b"not a picture")
    flow = generator.flow_from_directory(folder, shuffle=False)
    with pytest.raises(ValueError, match=r"cats/9\.png"):
        next(flow)
    empty = folder / "cats"
    for file in empty.iterdir():
        file.unlink()
    (empty / "none").mkdir()
    flow = generator.flow_from_directory(empty)
    assert len(flow) == 0
    with pytest.raises(ValueError, match="there are no images"):
        next(flow)


def test_tables_name_files_and_labels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table: dict[str, list[Any]] = {
        "filename": ["cats/0.png", "dogs/0.png", "dogs/9.png", "ants/1.png", "dogs/1.png"],
        "class": ["cat", "dog", "dog", "ant", "dog"],
        "several": [["cat", "pet"], ["pet"], ["pet"], ["ant"], "pet"],
        "age": [1.0, 2.0, 3.0, 4.0, 5.0],
    }
    generator = ImageDataGenerator(rescale=1.0)
    options: dict[str, Any] = {"target_size": (3, 3), "shuffle": False}
    missing = "filename has 1 paths that are no image files"
    with pytest.warns(UserWarning, match=missing):
        flow = generator.flow_from_dataframe(table, folder, weight_col="age", **options)
    line = "Found 4 validated image filenames belonging to 3 classes.\n"
    assert capsys.readouterr().out == line
    x, y, weights = next(flow)
    assert numbers(x) == [0, 80, 220, 100]
    assert flow.class_indices == {"ant": 0, "cat": 1, "dog": 2}
    np.testing.assert_array_equal(y.argmax(1), [1, 2, 0, 2])
    assert weights.tolist() == [1, 2, 4, 5]
    with pytest.warns(UserWarning, match=missing):
        flow = generator.flow_from_dataframe(table, folder, y_col="several", **options)
    np.testing.assert_array_equal(next(flow)[1], [[0, 1, 1], [0, 0, 1], [1, 0, 0], [0, 0, 1]])
    with pytest.warns(UserWarning, match=missing):
        flow = generator.flow_from_dataframe(
            table, folder, classes=["dog", "cat"], class_mode="binary", **options
        )
    assert next(flow)[1].tolist() == [1, 0, 0]
    with pytest.warns(UserWarning, match=missing):
        flow = generator.flow_from_dataframe(
            table, folder, y_col="age", class_mode="raw", subset="training", **options
        )
    assert next(flow)[1].tolist() == [1, 2, 4, 5]
    with pytest.warns(UserWarning, match=missing):
        flow = generator.flow_from_dataframe(
            table, folder, y_col=["age", "class"], class_mode="multi_output", **options
        )
    assert [one.tolist() for one in next(flow)[1]] == [[1, 2, 4, 5], ["cat", "dog", "ant", "dog"]]
    flow = generator.flow_from_dataframe(
        table, folder, class_mode=None, validate_filenames=False, **options
    )
    assert capsys.readouterr().out.endswith("Found 5 non-validated image filenames.\n")
    with pytest.raises(FileNotFoundError, match=r"9\.png"):
        next(flow)
    with pytest.raises(ValueError, match="y_col='breed'; must be a column"):
        generator.flow_from_dataframe(table, folder, y_col="breed", validate_filenames=False)
    with pytest.raises(TypeError, match=r"age\[0\]=1.0; must be a class name"):
        generator.flow_from_dataframe(table, folder, y_col="age", validate_filenames=False)
    with pytest.raises(ValueError, match="class_mode='binary' with 3 classes"):
        generator.flow_from_dataframe(table, folder, class_mode="binary", validate_filenames=False)

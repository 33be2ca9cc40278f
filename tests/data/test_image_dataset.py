# SPDX-License-Identifier: BSD-3-Clause
"""image_dataset_from_directory by its documented rules."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyconv
from pyconv.data import bad_images
from pyconv.utils import image_dataset_from_directory, img_to_array, load_img

Image = pytest.importorskip("PIL.Image", reason="no Pillow")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of pictures, each of one grey value of its own: ants 0 to 6, bees 100 to 104."""
    for name, first, count in (("bees", 100, 5), ("ants", 0, 7)):
        (tmp_path / name).mkdir()
        for i in range(count):
            image = Image.fromarray(np.full((4 + i, 6, 3), first + i, np.uint8))
            image.save(tmp_path / name / f"{i}.png")
    return tmp_path


def read(dataset: Any) -> tuple[list[int], list[Any]]:
    """Return the grey values of all images, and all labels."""
    values: list[int] = []
    labels: list[Any] = []
    for images, own in dataset:
        values += images.numpy()[:, 0, 0, 0].round().astype(int).tolist()
        labels += own.numpy().tolist()
    return values, labels


GREYS = [*range(7), *range(100, 105)]


def load(folder: Path, **options: Any) -> Any:
    options = {"image_size": (3, 4), "shuffle": False, **options}
    return image_dataset_from_directory(folder, **options)


def test_classes_are_sorted_and_files_in_order(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = load(folder, batch_size=5)
    assert capsys.readouterr().out == "Found 12 files belonging to 2 classes.\n"
    assert dataset.class_names == ["ants", "bees"]
    assert dataset.file_paths[0] == str(folder / "ants/0.png")
    assert len(dataset) == 3
    values, labels = read(dataset)
    assert values == GREYS
    assert labels == [0] * 7 + [1] * 5
    images, labels = next(iter(dataset))
    assert (images.shape, images.dtype) == ((5, 3, 4, 3), np.float32)
    assert (labels.shape, labels.dtype) == ((5,), np.int32)


def test_label_modes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, labels = next(iter(load(folder, label_mode="binary")))
    assert (labels.shape, labels.dtype) == ((12, 1), np.float32)
    assert labels.numpy().ravel().tolist() == [0] * 7 + [1] * 5
    _, labels = next(iter(load(folder, label_mode="categorical")))
    assert (labels.shape, labels.dtype) == ((12, 2), np.float32)
    assert labels.numpy()[[0, 11]].tolist() == [[1, 0], [0, 1]]
    capsys.readouterr()
    for options in ({"label_mode": None}, {"labels": None}):
        images = next(iter(load(folder, **options)))
        assert images.shape == (12, 3, 4, 3)
        assert load(folder, **options).class_names is None
    assert set(capsys.readouterr().out.split("\n")) == {"Found 12 files.", ""}


@pytest.mark.parametrize("options", [{"label_mode": None}, {"labels": None}])
def test_without_labels_files_in_no_folder_count_too(
    folder: Path, options: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (4, 3)).save(folder / "own.png")
    assert len(load(folder).file_paths or ()) == 12
    capsys.readouterr()
    assert (load(folder, **options).file_paths or [""])[0] == str(folder / "own.png")
    assert capsys.readouterr().out == "Found 13 files.\n"


def test_given_labels_go_by_path(folder: Path) -> None:
    given = list(range(12))[::-1]
    dataset = load(folder, labels=given)
    assert read(dataset)[1] == given
    assert dataset.class_names == [str(i) for i in range(12)]


def test_class_names_choose_and_order(folder: Path) -> None:
    assert read(load(folder, class_names=["bees", "ants"]))[1] == [0] * 5 + [1] * 7
    assert read(load(folder, class_names=["bees"]))[0] == GREYS[7:]


def test_channels_and_layouts(folder: Path) -> None:
    for mode, channels in (("grayscale", 1), ("rgb", 3), ("rgba", 4)):
        images, _ = next(iter(load(folder, color_mode=mode)))
        assert images.shape == (12, 3, 4, channels)
    images, _ = next(iter(load(folder, data_format="channels_first", batch_size=2)))
    assert images.shape == (2, 3, 3, 4)
    image, label = next(iter(load(folder, batch_size=None)))
    assert (image.shape, label.shape) == ((3, 4, 3), ())


def test_images_are_resized_as_ops_resize_does(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    x = np.random.default_rng(3).integers(0, 256, (31, 45, 3)).astype(np.uint8)
    Image.fromarray(x).save(tmp_path / "a/1.png")
    for interpolation in ("bilinear", "nearest"):
        images, _ = next(iter(load(tmp_path, image_size=(9, 80), interpolation=interpolation)))
        wanted = pyconv.ops.resize(x[None].astype(np.float32), (9, 80), interpolation=interpolation)
        np.testing.assert_array_equal(images.numpy(), wanted)
    images, _ = next(iter(load(tmp_path, image_size=(31, 31), crop_to_aspect_ratio=True)))
    np.testing.assert_array_equal(images.numpy()[0], x[:, 7:38])
    images, _ = next(iter(load(tmp_path, image_size=(45, 45), pad_to_aspect_ratio=True)))
    np.testing.assert_array_equal(images.numpy()[0, 7:38], x)


def test_a_split_has_every_file_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options: dict[str, Any] = {"validation_split": 0.3, "seed": 5, "shuffle": True}
    training, validation = load(folder, subset="both", **options)
    assert capsys.readouterr().out == (
        "Found 12 files belonging to 2 classes.\n"
        "Using 9 files for training.\nUsing 3 files for validation.\n"
    )
    assert sorted(read(training)[0] + read(validation)[0]) == GREYS
    assert read(validation)[0] == read(validation)[0]
    alone = load(folder, subset="validation", **options)
    assert set(read(alone)[0]) == set(read(validation)[0])
    assert set(load(folder, subset="training", **options).file_paths) == set(training.file_paths)
    for values, labels in (read(training), read(validation)):
        assert labels == [int(value >= 100) for value in values]


def test_a_seed_splits_as_keras_does(folder: Path) -> None:
    dataset = load(folder, shuffle=True, seed=123)
    paths = [str(folder / f"{c}/{i}.png") for c, n in (("ants", 7), ("bees", 5)) for i in range(n)]
    np.random.RandomState(123).shuffle(paths)  # keras.src.utils.dataset_utils.index_directory
    assert dataset.file_paths == paths


def test_every_pass_has_another_order(folder: Path) -> None:
    pyconv.set_seed(1)
    dataset = load(folder, shuffle=True)
    first, second = read(dataset)[0], read(dataset)[0]
    assert sorted(first) == sorted(second) == GREYS
    assert first != second
    pyconv.set_seed(1)
    assert read(load(folder, shuffle=True))[0] == first
    seeded = load(folder, shuffle=True, seed=4)
    assert read(seeded) != read(seeded)
    assert read(load(folder, shuffle=True, seed=4)) == read(load(folder, shuffle=True, seed=4))


def test_a_broken_file_is_named_or_left_out(folder: Path) -> None:
    broken = folder / "ants/3.png"
    broken.write_bytes(broken.read_bytes()[:-30])
    (folder / "bees/9.jpg").write_bytes(b"<html>")
    before = threading.active_count()
    dataset = load(folder, batch_size=2)
    with pytest.raises(ValueError, match=r"ants/3\.png: .*truncated"):
        read(dataset)
    assert threading.active_count() == before
    assert list(bad_images(dataset.file_paths)) == [str(broken), str(folder / "bees/9.jpg")]
    assert "no picture" in bad_images(dataset.file_paths)[str(folder / "bees/9.jpg")]
    skipping = load(folder, batch_size=2, on_error="skip")
    with pytest.warns(UserWarning, match="left out") as told:
        values, labels = read(skipping)
    assert values == [v for v in GREYS if v != 3]
    assert labels == [int(value >= 100) for value in values]
    assert len(told) == 2
    with pytest.raises(TypeError, match="unknown"):
        len(skipping)


def test_a_dangling_link_is_named(folder: Path) -> None:
    (folder / "ants/link.png").symlink_to(folder / "gone.png")
    with pytest.raises(FileNotFoundError, match=r"ants/link\.png"):
        read(load(folder))


def test_no_images_lists_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes/a.txt").write_text("x")
    with pytest.raises(ValueError, match=r"no images; needs \.bmp, .* has \['notes'\]"):
        load(tmp_path)


def test_a_model_learns_from_a_folder(folder: Path) -> None:
    pyconv.set_seed(2)
    model = pyconv.models.Sequential(
        [
            pyconv.layers.Rescaling(1 / 255, input_shape=(3, 4, 3)),
            pyconv.layers.Flatten(),
            pyconv.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(pyconv.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    training, validation = load(
        folder, subset="both", validation_split=0.25, seed=1, shuffle=True, batch_size=4
    )
    history = model.fit(training, epochs=20, validation_data=validation, verbose=0)
    assert history.history["accuracy"][-1] == 1.0
    assert model.evaluate(load(folder), verbose=0)[1] == 1.0
    assert model.predict(validation, verbose=0).shape == (3, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"labels": 3}, "labels=3; must be 'inferred', a list of ints or None"),
        ({"labels": [1, 2]}, "one for each of 12 files"),
        ({"labels": [0] * 11 + [2**40]}, "labels hold 1099511627776; must fit into int32"),
        ({"labels": [5] * 12, "label_mode": "categorical"}, r"labels are \[5\]; must be 0 to 0"),
        ({"labels": [2**63] * 12}, "labels hold 9223372036854775808; must fit"),
        ({"labels": [0] * 12, "class_names": ["a"]}, "needs labels='inferred'"),
        ({"label_mode": None, "class_names": ["ants"]}, "needs labels='inferred' and a label_mode"),
        ({"class_names": 3}, "class_names=3; must be a list of names"),
        ({"class_names": "ants"}, "class_names='ants'; must be a list of names"),
        ({"class_names": [["ants"]]}, "must be a list of names"),
        ({"data_format": 0}, "data_format=0; must be 'channels_last'"),
        ({"labels": [0, 1, 2] * 4, "label_mode": "binary"}, "'binary' needs 2 classes"),
        ({"label_mode": "sparse"}, "label_mode='sparse'"),
        ({"color_mode": "bgr"}, "color_mode='bgr'"),
        ({"batch_size": 0}, "batch_size=0; must be >= 1"),
        ({"image_size": (0, 3)}, r"image_size\[0\]=0"),
        ({"image_size": "large"}, "image_size='large'"),
        ({"image_size": (1 << 20, 1 << 20)}, "image_size=.* must be at most 67108864 pixels"),
        ({"interpolation": "cubic"}, "interpolation='cubic'; must be one of"),
        ({"seed": 1.5}, "seed=1.5"),
        ({"shuffle": 1}, "shuffle=1; must be True or False"),
        ({"validation_split": 0.2}, "validation_split and subset; must both be given"),
        ({"subset": "both"}, "must both be given"),
        ({"validation_split": 1.0, "subset": "both"}, "validation_split=1.0; must be below 1"),
        ({"validation_split": -0.1, "subset": "both"}, "validation_split=-0.1"),
        ({"validation_split": 0.5, "subset": "test"}, "subset='test'"),
        ({"validation_split": 0.5, "subset": "both", "shuffle": True}, "seed=None; must be given"),
        ({"validation_split": 0.01, "subset": "validation"}, "no files for validation"),
        ({"crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True}, "must be one"),
        ({"data_format": "nchw"}, "data_format='nchw'"),
        ({"format": "grain"}, "format='grain'; must be 'tf'"),
        ({"on_error": "ignore"}, "on_error='ignore'"),
        ({"follow_links": 2}, "follow_links=2"),
    ],
)
def test_arguments_out_of_range_are_named(
    folder: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        load(folder, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": True, "seed": 3},
        {"color_mode": "grayscale", "interpolation": "nearest"},
        {"color_mode": "rgba", "data_format": "channels_first"},
        {"crop_to_aspect_ratio": True, "label_mode": None},
        {"pad_to_aspect_ratio": True, "label_mode": "categorical"},
        {"interpolation": "bicubic"},
    ],
)
def test_batches_are_the_single_images_stacked(folder: Path, options: dict[str, Any]) -> None:
    stacked = load(folder, batch_size=None, **options).batch(5)
    skipping = load(folder, batch_size=5, on_error="skip", **options)
    batches = list(load(folder, batch_size=5, **options).as_numpy_iterator())
    assert len(batches) == 3
    for others in (stacked, skipping):
        for batch, other in zip(batches, others.as_numpy_iterator(), strict=True):
            both = (batch, other) if isinstance(batch, tuple) else ((batch,), (other,))
            for part, wanted in zip(*both, strict=True):
                np.testing.assert_array_equal(part, wanted)


def test_batches_come_whole_before_the_one_with_a_bad_file(folder: Path) -> None:
    (folder / "bees" / "1.png").write_bytes(b"nothing")
    batches = iter(load(folder, batch_size=4))
    for greys in (range(4), [4, 5, 6, 100]):
        images, _ = next(batches)
        assert images.numpy()[:, 0, 0, 0].tolist() == list(greys)
    with pytest.raises(ValueError, match=r"bees.1\.png: no picture"):
        next(batches)


def test_a_batch_s_remainder_is_left_out_where_asked(folder: Path) -> None:
    dataset = load(folder, batch_size=None)
    assert [len(images) for images, _ in dataset.batch(5, drop_remainder=True)] == [5, 5]


def test_real_photographs(data_folder: Callable[[str], Path]) -> None:
    dataset = image_dataset_from_directory(
        data_folder("cats-dogs"), image_size=(180, 180), shuffle=False, batch_size=8
    )
    assert dataset.class_names == ["cats", "dogs"]
    images, labels = next(iter(dataset))
    assert images.shape == (8, 180, 180, 3)
    assert 50 < images.numpy().mean() < 200
    assert labels.numpy().tolist() == [0] * 8
    x = img_to_array(load_img(dataset.file_paths[0]))
    np.testing.assert_array_equal(images.numpy()[:1], pyconv.ops.resize(x[None], (180, 180)))
